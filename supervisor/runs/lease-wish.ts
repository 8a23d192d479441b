/** What is asked for when somebody beside the agents of a stack wants a slot of a model server. */
export interface LeaseWish {
  /** The id by which whoever asks knows it. */
  lease: number;
  /** Name of the backend. */
  backend: string;
}
