// drivers/can: the built-in J1939 table, messages in several frames, trouble codes, and the recorded truck.
import test from 'ava';
import fc from 'fast-check';
import { sampleTest } from '../../test/samples.ts';
import { CanDecoder, type CanMessage } from './can-decoder.ts';
import { readCandump } from './candump-source.ts';
import { readDbc } from './dbc-reader.ts';
import { faultsOf } from './j1939-faults.ts';
import { destinationOf, identifier, pgnOf, priorityOf, sourceOf } from './j1939-id.ts';
import { J1939_GROUPS } from './j1939-table.ts';
import { TransportReassembler } from './j1939-transport.ts';
import { frame, RUNS } from './testing.ts';
import type { CanFrame } from './types.ts';

function decode(...frames: CanFrame[]): CanMessage[] {
  const messages: CanMessage[] = [];
  const decoder = new CanDecoder((message) => messages.push(message));
  for (const one of frames) decoder.push(one);
  return messages;
}

/** A transfer's frames, 50 ms apart. */
function transfer(pgn: number, data: Uint8Array, source = 0x31, destination = 0xff, start = 1000): CanFrame[] {
  const packets = Math.ceil(data.length / 7);
  const head = [
    destination === 0xff ? 32 : 16,
    data.length & 255,
    data.length >> 8,
    packets,
    255,
    pgn & 255,
    (pgn >> 8) & 255,
    pgn >> 16,
  ];
  const make = (group: number, bytes: number[], index: number): CanFrame => ({
    time: start + index * 50,
    id: identifier(7, group, source, destination),
    extended: true,
    data: Uint8Array.from(bytes),
  });
  const frames = [make(60416, head, 0)];
  for (let i = 0; i < packets; i++) {
    const bytes = [i + 1, ...data.subarray(i * 7, i * 7 + 7)];
    while (bytes.length < 8) bytes.push(255);
    frames.push(make(60160, bytes, i + 1));
  }
  return frames;
}

const text = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * 31) & 255);

test('the parts of an identifier, and back', (t) => {
  t.deepEqual(
    [pgnOf(0x18fef100), sourceOf(0x18fef100), destinationOf(0x18fef100), priorityOf(0x18fef100)],
    [65265, 0, 255, 6],
  );
  t.deepEqual([pgnOf(0x18ea21f9), sourceOf(0x18ea21f9), destinationOf(0x18ea21f9)], [59904, 0xf9, 0x21]);
  t.is(identifier(6, 65265, 0), 0x18fef100);
  t.is(identifier(6, 59904, 0xf9, 0x21), 0x18ea21f9);
  t.is(identifier(7, 60416, 0), 0x1cecff00);
});

test('values in SI units; error, not available and reserved are null', (t) => {
  const [eec1] = decode(frame(0x0cf00400, 'F1 7D 87 68 13 00 0F 7D'));
  t.like(eec1, { name: 'EEC1', pgn: 61444, source: 0 });
  t.deepEqual(eec1!.signals, {
    EngineTorqueMode: 1,
    DriversDemandEnginePercentTorque: 0,
    ActualEnginePercentTorque: 10,
    EngineSpeed: 0x1368 / 8,
    SourceAddressOfControllingDevice: 0,
    EngineStarterMode: null,
    EngineDemandPercentTorque: 0,
  });
  for (const [raw, wanted] of [
    ['FFFA', 8031.875],
    ['00FB', null],
    ['FFFD', null],
    ['00FE', null],
    ['FFFF', null],
  ] as const) {
    t.is(decode(frame(0x0cf00400, `FFFFFF${raw}FFFFFF`))[0]!.signals['EngineSpeed'], wanted, raw);
  }
  const [ccvs] = decode(frame(0x18fef100, 'F7 00 48 FF FF FF FF FF'));
  t.is(ccvs!.signals['WheelBasedVehicleSpeed'], 20, '72 km/h');
  t.is(ccvs!.signals['ParkingBrakeSwitch'], 1);
  t.is(ccvs!.signals['TwoSpeedAxleSwitch'], null);
  t.is(decode(frame(0x18fee000, 'FFFFFFFF 08000000'))[0]!.signals['TotalVehicleDistance'], 1000);
  t.is(decode(frame(0x18fee500, '14000000 FFFFFFFF'))[0]!.signals['EngineTotalHoursOfOperation'], 3600);
  t.is(decode(frame(0x18feee00, '7D FF FF FF FF FF FF FF'))[0]!.signals['EngineCoolantTemperature'], 85);
  t.is(decode(frame(0x18feef00, 'FF FF FF 32 FF FF FF FF'))[0]!.signals['EngineOilPressure'], 200_000);
});

test('all ones is null for every measured signal of the table; a short frame too', (t) => {
  const claims = new Set(['AC', 'RQST']);
  for (const group of J1939_GROUPS) {
    const id = identifier(6, group.pgn, 0);
    const [full] = decode(frame(id, 'FF'.repeat(8)));
    if (!claims.has(group.name))
      t.true(
        Object.values(full!.signals).every((value) => value === null),
        group.name,
      );
    const [empty] = decode(frame(id, ''));
    t.true(
      Object.values(empty!.signals).every((value) => value === null),
      group.name,
    );
    t.is(new Set(group.signals.map(({ name }) => name)).size, group.signals.length, group.name);
    for (const signal of group.signals) t.true((signal.byte - 1) * 8 + signal.bit - 1 + signal.bits <= 64, signal.name);
  }
  t.is(new Set(J1939_GROUPS.map(({ pgn }) => pgn)).size, J1939_GROUPS.length);
  t.true(J1939_GROUPS.length >= 25);
});

test('trouble codes: none, one, several, padding, a count that nobody keeps', (t) => {
  t.deepEqual(faultsOf(frame(0, '40FF 00000000 FFFF').data), []);
  t.deepEqual(faultsOf(frame(0, '40FF 66000301 FFFF').data), [{ spn: 102, fmi: 3, count: 1 }]);
  t.deepEqual(
    faultsOf(frame(0, '04FF 73 02 04 7F FFFF E5 7E 0000').data),
    [
      { spn: 627, fmi: 4, count: null },
      { spn: 0x7ffff & (0xff | (0xff << 8) | (7 << 16)), fmi: 5, count: 126 },
    ].filter(({ spn }) => spn !== 0x7ffff),
  );
  t.deepEqual(faultsOf(frame(0, '04FF 01').data), []);
});

test('the VIN is a text, in one frame or several', (t) => {
  const vin = Buffer.from('LZZ5CLSB8FA123456*');
  const messages = decode(...transfer(65260, vin, 0));
  t.is(messages.length, 1);
  t.like(messages[0], { name: 'VI', pgn: 65260, source: 0, transport: 'bam', time: 1000 + 3 * 50 });
  t.deepEqual(messages[0]!.texts, { VehicleIdentificationNumber: 'LZZ5CLSB8FA123456' });
  t.deepEqual(decode(...transfer(65260, new Uint8Array(17).fill(255), 0))[0]!.texts, {
    VehicleIdentificationNumber: null,
  });
});

test('a broadcast is whole or nothing: out of sequence, doubled, missing, replaced, late, never finished', (t) => {
  const data = text(30);
  const frames = transfer(65226, data);
  const run = (list: CanFrame[]) => {
    const transport = new TransportReassembler();
    const whole = list.map((one) => transport.push(one)).filter((one) => one !== null);
    return { whole, counters: transport.counters, open: transport.open };
  };
  t.deepEqual(
    run(frames).whole.map((one) => [one.pgn, one.source, Buffer.from(one.data).equals(data)]),
    [[65226, 0x31, true]],
  );
  for (const broken of [
    [frames[0]!, frames[2]!, frames[1]!, frames[3]!, frames[4]!, frames[5]!],
    [frames[0]!, frames[1]!, frames[1]!, frames[2]!, frames[3]!, frames[4]!, frames[5]!],
    [frames[0]!, frames[1]!, frames[3]!, frames[4]!, frames[5]!],
  ]) {
    const { whole, counters, open } = run(broken);
    t.is(whole.length, 0);
    t.is(counters.sequence, 1);
    t.true(counters.stray > 0);
    t.is(open, 0);
  }
  const late = run(frames.map((one, i) => (i >= 3 ? { ...one, time: one.time + 751 } : one)));
  t.is(late.whole.length, 0);
  t.is(late.counters.timeout, 1);
  const replaced = run([...frames.slice(0, 3), ...transfer(65226, data, 0x31, 0xff, 1200)]);
  t.is(replaced.whole.length, 1);
  t.is(replaced.counters.replaced, 1);
  t.is(run(frames.slice(0, 3)).open, 1);
  t.is(run([...frames.slice(0, 3), ...transfer(65226, data, 0x32, 0xff, 9000)]).counters.timeout, 1, 'never finished');
});

test('two senders interleaved, and a clock that stutters by a second', (t) => {
  const a = transfer(65226, text(20), 1);
  const b = transfer(65260, text(25), 2);
  const transport = new TransportReassembler();
  const whole: number[] = [];
  for (let i = 0; i < 5; i++) {
    for (const one of [a[i], b[i]]) {
      const done = one && transport.push(i === 2 ? { ...one, time: one.time - 1000 } : one);
      if (done) whole.push(done.pgn);
    }
  }
  t.deepEqual(whole, [65226, 65260]);
});

test('an addressed transfer, heard from outside: hold, repeat, abort, end', (t) => {
  const data = text(30);
  const [rts, ...packets] = transfer(65226, data, 0, 0xf9);
  const cts = (count: number, next: number, time: number): CanFrame => ({
    time,
    id: identifier(7, 60416, 0xf9, 0),
    extended: true,
    data: Uint8Array.from([17, count, next, 255, 255, 0xca, 0xfe, 0]),
  });
  const plain = new TransportReassembler();
  const all = [rts!, cts(5, 1, 1010), ...packets].map((one) => plain.push(one)).filter((one) => one !== null);
  t.is(all.length, 1);
  t.like(all[0], { kind: 'rts', destination: 0xf9 });
  t.deepEqual(Buffer.from(all[0]!.data), Buffer.from(data));

  const repeated = new TransportReassembler();
  const again = [
    rts!,
    cts(2, 1, 1010),
    packets[0]!,
    packets[1]!,
    cts(0, 255, 1150),
    packets[3]!,
    cts(3, 3, 1160),
    ...packets.slice(2),
  ]
    .map((one) => repeated.push({ ...one, time: Math.min(one.time, 1200) }))
    .filter((one) => one !== null);
  t.deepEqual(Buffer.from(again[0]!.data), Buffer.from(data));

  const aborted = new TransportReassembler();
  for (const one of [
    rts!,
    packets[0]!,
    { ...cts(1, 1, 1110), data: Uint8Array.from([255, 1, 255, 255, 255, 0xca, 0xfe, 0]) },
  ])
    aborted.push(one);
  t.is(aborted.counters.aborted, 1);
  t.is(aborted.open, 0);
});

test('control frames that make no sense are counted; open transfers are bounded', (t) => {
  const transport = new TransportReassembler();
  for (const hex of [
    '20 00 00 00 FF CAFE00',
    '20 FFFF 02 FF CAFE00',
    '20 1400 02 FF CAFE00',
    '10 1400 03 FF CAFE00',
    '63 1400 03 FF CAFE00',
    '20 14',
  ]) {
    transport.push(frame(0x1cecff00, hex));
  }
  t.is(transport.counters.malformed, 6);
  for (let source = 0; source < 250; source++) {
    for (let destination = 0; destination < 8; destination++)
      transport.push(frame(identifier(7, 60416, source, destination), '10 F906 FF FF CAFE00'));
  }
  t.is(transport.open, 64);
  t.is(transport.counters.evicted, 2000 - 64);
});

test('any frames in any order: never an exception, every transfer counted once, memory bounded', (t) => {
  const noise = fc.record({
    pgn: fc.constantFrom(60416, 60160, 65226, 65260, 61444, 59904, 60928),
    source: fc.constantFrom(0, 1, 2),
    destination: fc.constantFrom(255, 0, 1),
    data: fc.oneof(
      fc.uint8Array({ maxLength: 9 }),
      fc
        .tuple(fc.constantFrom(16, 17, 19, 32, 255), fc.nat(30), fc.constantFrom(0, 0, 1), fc.nat(5))
        .map(([kind, size, high, count]) => Uint8Array.from([kind, size, high, count, 255, 202, 254, 0])),
      fc.nat(4).map((n) => Uint8Array.from([n, 1, 2, 3, 4, 5, 6, 7])),
    ),
    step: fc.constantFrom(0, 1, 50, -1000, 800, 1300, Number.NaN),
  });
  fc.assert(
    fc.property(fc.array(noise, { maxLength: 25 }), (list) => {
      let time = 1e12;
      const decoder = new CanDecoder(() => {});
      for (const one of list) {
        time += Number.isNaN(one.step) ? 0 : one.step;
        decoder.push({
          time: Number.isNaN(one.step) ? Number.NaN : time,
          id: identifier(6, one.pgn, one.source, one.destination),
          extended: true,
          data: one.data,
        });
      }
      const { counters, open } = decoder.transport;
      const begun = counters.bamBegun + counters.rtsBegun;
      const over =
        counters.bamComplete +
        counters.rtsComplete +
        counters.sequence +
        counters.timeout +
        counters.replaced +
        counters.aborted +
        counters.evicted;
      return begun === over + open && open <= 64;
    }),
    { numRuns: RUNS },
  );
  t.pass();
});

test('with a DBC, a message in several frames is found by its PGN, and the built-in names are not used', (t) => {
  const dbc = readDbc(
    Buffer.from(`BO_ ${0x18feca00 + 0x80000000 + 0xfe} Dm1Long: 30 A\n SG_ Tail : 232|8@1+ (1,0) [0|0] "" A\n`),
    'x.dbc',
  );
  const messages: CanMessage[] = [];
  const decoder = new CanDecoder((message) => messages.push(message), dbc);
  const data = text(30);
  for (const one of [...transfer(65226, data), frame(0x0cf00400, 'FF'.repeat(8))]) decoder.push(one);
  t.is(messages.length, 1);
  t.like(messages[0], { name: 'Dm1Long', transport: 'bam', source: 0x31, pgn: 65226 });
  t.deepEqual(messages[0]!.signals, { Tail: data[29]! });
  t.is(decoder.counters.unknown, 1);
});

sampleTest('the recorded truck: every frame, 57 PGNs, its trouble codes, its transfers', async (t, path) => {
  const messages: CanMessage[] = [];
  const decoder = new CanDecoder((message) => messages.push(message));
  // counted apart for the sender of DM1, as the recording's description does
  const brakes = new TransportReassembler();
  const counters = await readCandump(path('can', 'truck-idle.candump.gz'), (one) => {
    decoder.push(one);
    if (sourceOf(one.id) === 11) brakes.push(one);
  });
  t.like(counters, { frames: 145_278, extended: 145_278, standard: 0, remote: 0, error: 0 });
  t.deepEqual(counters.bad, { time: 0, id: 0, length: 0, data: 0, format: 0, long: 0 });
  t.is(decoder.pgns.size, 57);

  const single = messages.filter(
    ({ name, source, transport }) => name === 'DM1' && source === 0 && transport === undefined,
  );
  t.is(single.length, 312);
  const oil = [{ spn: 102, fmi: 3, count: 1 }];
  t.is(single.filter(({ faults }) => JSON.stringify(faults) === JSON.stringify(oil)).length, 310);
  t.is(single.filter(({ faults }) => faults!.length === 0).length, 2);

  const whole = messages.filter(
    ({ name, source, transport }) => name === 'DM1' && source === 11 && transport === 'bam',
  );
  t.is(whole.length, 296);
  t.is(whole[0]!.faults!.length, 7);
  t.is(brakes.counters.bamBegun, 318);
  t.like(decoder.transport.counters, {
    bamBegun: 394,
    bamComplete: 372,
    sequence: 19,
    replaced: 3,
    rtsBegun: 38,
    rtsComplete: 0,
  });
  t.deepEqual(
    [...new Set(messages.filter(({ name }) => name === 'CCVS1').map(({ source }) => source))].sort(),
    [0, 23, 33, 49],
  );
  t.is(messages.find(({ name }) => name === 'VEP1')!.signals['KeyswitchBatteryPotential'], 12);
});
