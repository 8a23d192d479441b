export async function runDoctor(_given: object): Promise<number> {
  return 0;
}
