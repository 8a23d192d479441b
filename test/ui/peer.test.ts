/** Reading the kernel's tables of connections. */
import { endianness } from 'node:os';
import { describe, expect, test } from 'vitest';
import { findUser, isLoopback } from '../../ui/peer.ts';

const HEAD = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode';
const TAIL = '1 0000000000000000 20 4 30 10 -1';

/** Server 127.0.0.1:8002 (0x1F42), peers on ports 0xA000 and up. */
const TCP = [
  HEAD,
  `   0: 0100007F:1F42 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 100 ${TAIL}`,
  `   1: 0100007F:1F42 0100007F:A000 01 00000000:00000000 00:00000000 00000000  1000        0 101 ${TAIL}`,
  `   2: 0100007F:A000 0100007F:1F42 01 00000000:00000000 00:00000000 00000000  1234        0 102 ${TAIL}`,
  `   3: 0100007F:A001 0100007F:1F42 06 00000000:00000000 03:000017AC 00000000     0        0 0 3 0000000000000000`,
  `   4: 0100007F:A002 0100007F:1F42 04 00000001:00000000 00:00000000 00000000     0        0 0 ${TAIL}`,
].join('\n');

const TCP6 = [
  HEAD,
  `   0: 00000000000000000000000001000000:A000 00000000000000000000000001000000:1F42 01 00000000:00000000 00:00000000 00000000  1234 0 7 ${TAIL}`,
  `   1: 0000000000000000FFFF00000100007F:A001 0000000000000000FFFF00000100007F:1F42 01 00000000:00000000 00:00000000 00000000  1235 0 8 ${TAIL}`,
].join('\n');

const ends = (address: string, peerPort: number) => ({ address, port: 8002, peerAddress: address, peerPort });

describe.runIf(endianness() === 'LE')('the user of a peer', () => {
  test('its own row counts, not the row of the server', () => {
    expect(findUser(TCP, ends('127.0.0.1', 0xa000))).toBe(1234);
    expect(findUser(TCP, ends('::ffff:127.0.0.1', 0xa000))).toBe(1234);
  });

  test('a socket that nobody holds any more is nobody’s, though its row says 0', () => {
    expect(findUser(TCP, ends('127.0.0.1', 0xa001))).toBeUndefined();
    expect(findUser(TCP, ends('127.0.0.1', 0xa002))).toBeUndefined();
  });

  test('IPv6 rows, and IPv4 peers with IPv6 sockets', () => {
    expect(findUser(TCP6, ends('::1', 0xa000))).toBe(1234);
    expect(findUser(TCP6, ends('127.0.0.1', 0xa001))).toBe(1235);
  });

  test('no row', () => {
    expect(findUser(TCP, ends('127.0.0.1', 0xa003))).toBeUndefined();
    expect(findUser('', ends('127.0.0.1', 0xa000))).toBeUndefined();
  });
});

test('loopback addresses', () => {
  const addresses = [
    '127.0.0.1',
    '127.8.9.1',
    '::1',
    '::ffff:127.0.0.1',
    '192.0.2.1',
    '::ffff:192.0.2.1',
    '2001:db8::1',
    undefined,
  ];
  expect(addresses.map(isLoopback)).toEqual([true, true, true, true, false, false, false, false]);
});
