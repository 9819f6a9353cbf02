// drivers/can: DBC files as they come, with and without errors, and their values.
import { readdirSync, readFileSync } from 'node:fs';
import test from 'ava';
import fc from 'fast-check';
import { KerbError } from '../../contract/errors.ts';
import { sampleTest } from '../../test/samples.ts';
import { bytesNeeded } from './bit-field.ts';
import { CanDecoder, type CanMessage } from './can-decoder.ts';
import { DbcDecoder } from './dbc-decoder.ts';
import { readDbc } from './dbc-reader.ts';
import type { Dbc } from './dbc-types.ts';
import { messageLine } from './message-line.ts';
import { frame, RUNS } from './testing.ts';

const dbcOf = (text: string): Dbc => readDbc(Buffer.from(text), 'test.dbc');
const valuesOf = (text: string, id: number, hex: string, extended = false) =>
  new DbcDecoder(dbcOf(text)).decode(id, extended, frame(id, hex).data);

const HEAD = 'VERSION ""\n\nNS_ :\n\tNS_DESC_\n\tCM_\n\tBA_DEF_\n\tSG_MUL_VAL_\n\nBS_:\n\nBU_: A B\n\n';

test('byte orders, signs, scaling; nothing clamped, nothing nulled for its range', (t) => {
  const text = `${HEAD}BO_ 291 Msg: 8 A
 SG_ Intel : 0|12@1+ (0.1,-40) [0|1] "degC" B
 SG_ Motorola : 23|12@0- (2,1) [0|1] "" B,A
 SG_ All : 32|32@1+ (1,0) [0|10] "x" Vector__XXX
`;
  t.deepEqual(valuesOf(text, 0x123, '19 C5 80 01 FF FF FF FF'), {
    Intel: (0x519 - 400) / 10,
    Motorola: -2048 * 2 + 1,
    All: 0xffffffff,
  });
});

test('floats of 16, 32 and 64 bits; NaN is null in the printed line', (t) => {
  const text = `${HEAD}BO_ 1 Msg: 16 A
 SG_ Half : 0|16@1- (1,0) [0|0] "" B
 SG_ Single : 16|32@1- (2,1) [0|0] "" B
 SG_ Double : 71|64@0- (1,0) [0|0] "" B
SIG_VALTYPE_ 1 Half : 1;
SIG_VALTYPE_ 1 Single : 1;
SIG_VALTYPE_ 1 Double 2;
`;
  const hex = '003C 0000C03F 0000 3FF8000000000000';
  t.deepEqual(valuesOf(text, 1, hex), { Half: 1, Single: 4, Double: 1.5 });
  const lines: CanMessage[] = [];
  new CanDecoder((message) => lines.push(message), dbcOf(text)).push(
    frame(1, '007E 0000807F 0000 3FF8000000000000', 5, false),
  );
  t.is(messageLine(lines[0]!), '{"time":5,"id":1,"name":"Msg","signals":{"Half":null,"Single":null,"Double":1.5}}');
});

test('64 bits keep all their digits in the printed line, and are the nearest double in memory', (t) => {
  const text = `${HEAD}BO_ 1 Msg: 8 A\n SG_ Wide : 0|64@1+ (1,0) [0|0] "" B\nBO_ 2 Neg: 8 A\n SG_ Wide : 7|64@0- (2,1) [0|0] "" B\n`;
  t.deepEqual(valuesOf(text, 1, 'FFFFFFFFFFFFFFFF'), { Wide: 2 ** 64 });
  const lines: string[] = [];
  const decoder = new CanDecoder((message) => lines.push(messageLine(message)), dbcOf(text));
  decoder.push(frame(1, 'FEFFFFFFFFFFFFFF', 0, false));
  decoder.push(frame(2, '8000000000000001', 0, false));
  t.true(lines[0]!.includes('{"Wide":18446744073709551614}'));
  t.true(lines[1]!.includes('{"Wide":-18446744073709551613}'));
});

test('multiplexing: plain, nested, by ranges, two switches', (t) => {
  const text = `${HEAD}BO_ 1 Msg: 8 A
 SG_ Always : 56|8@1+ (1,0) [0|0] "" B
 SG_ Sw M : 0|8@1+ (1,0) [0|0] "" B
 SG_ One m1 : 8|8@1+ (1,0) [0|0] "" B
 SG_ Two m2 : 8|8@1+ (1,0) [0|0] "" B
 SG_ Sub m3M : 8|8@1+ (1,0) [0|0] "" B
 SG_ Deep m0 : 16|8@1+ (1,0) [0|0] "" B
 SG_ Range m5 : 24|8@1+ (1,0) [0|0] "" B
SG_MUL_VAL_ 1 Deep Sub 7-7, 9-10;
SG_MUL_VAL_ 1 Sub Sw 3-3;
SG_MUL_VAL_ 1 Range Sw 5-6,8-8;
`;
  const at = (hex: string) => valuesOf(text, 1, hex);
  t.deepEqual(at('01 AA 00 00 00 00 00 07'), { Always: 7, Sw: 1, One: 0xaa });
  t.deepEqual(at('03 09 BB 00 00 00 00 07'), { Always: 7, Sw: 3, Sub: 9, Deep: 0xbb });
  t.deepEqual(at('03 08 BB 00 00 00 00 07'), { Always: 7, Sw: 3, Sub: 8 });
  t.deepEqual(at('08 00 00 CC 00 00 00 07'), { Always: 7, Sw: 8, Range: 0xcc });
  t.deepEqual(at('07 00 00 CC 00 00 00 07'), { Always: 7, Sw: 7 });
  t.deepEqual(at('02'), { Always: null, Sw: 2, Two: null }, 'a frame too short: null, and what hangs on it is told');
});

test('a frame shorter than a signal needs gives null for it alone; a longer one is no fault', (t) => {
  const text = `${HEAD}BO_ 1 Msg: 4 A\n SG_ First : 0|8@1+ (1,0) [0|0] "" B\n SG_ Last : 23|16@0+ (1,0) [0|0] "" B\n`;
  t.deepEqual(valuesOf(text, 1, '01 02 03'), { First: 1, Last: null });
  t.deepEqual(valuesOf(text, 1, ''), { First: null, Last: null });
  t.deepEqual(valuesOf(text, 1, '01 02 03 04 05 06 07 08'), { First: 1, Last: 0x304 });
});

test('exact identifier first, then PGN: priority, source and (PDU1) destination are masked', (t) => {
  const ext = (id: number) => id + 0x80000000;
  const text = `${HEAD}BO_ ${ext(0x18fef1fe)} CCVS: 8 A\n SG_ S : 0|8@1+ (1,0) [0|0] "" B
BO_ ${ext(0x18fef127)} CCVS_27: 8 A\n SG_ S : 0|8@1+ (1,0) [0|0] "" B
BO_ ${ext(0x0ceafffe)} Request: 3 A\n SG_ Pgn : 0|24@1+ (1,0) [0|0] "" B
BO_ ${ext(0x18ff0001)} Plain: 8 A\n SG_ S : 0|8@1+ (1,0) [0|0] "" B
BO_ 241 Eleven: 8 A\n SG_ S : 0|8@1+ (1,0) [0|0] "" B
BA_DEF_ BO_ "VFrameFormat" ENUM "StandardCAN","ExtendedCAN","reserved","J1939PG";
BA_ "VFrameFormat" BO_ ${ext(0x18ff0001)} 1;
BA_ "VFrameFormat" BO_ ${ext(0x18fef1fe)} 3;
`;
  const dbc = dbcOf(text);
  t.is(dbc.faultCount, 0);
  const decoder = new DbcDecoder(dbc);
  const name = (id: number, extended = true) => decoder.find(id, extended)?.message.name;
  t.is(name(0x18fef1fe), 'CCVS');
  t.is(name(0x18fef127), 'CCVS_27');
  t.is(name(0x0cfef100), 'CCVS');
  t.is(name(0x18ea2100), 'Request');
  t.is(name(0x19ea2100), undefined, 'the data page is part of the PGN');
  t.is(name(0x18ff0001), 'Plain');
  t.is(name(0x18ff0002), undefined, 'the file says that this one is no J1939');
  t.is(name(0xf1, false), 'Eleven');
  t.is(name(0xf1), undefined);
  t.is(name(0x0cfef100), 'CCVS', 'and again, remembered');
});

test('long names, value texts, tables, comments over lines, remarks, odd spacing, both encodings', (t) => {
  const text = `// a remark
VERSION "1" // another
BS_:
BU_:
 Node1 Node2
VAL_TABLE_ Onoff 1 "on" 0 "off" ;
BO_  100   Short  :8   Node1
SG_   Sig:0|8@1+(1,0)[0|0]"°C"Vector__XXX
   SG_ Other  m0  :  8 | 8 @ 1 +  ( 1E-002 , -1.5e1 )  [ -1.#INF | 1 ]  ""  A,
     B
 SG_ Mux M : 16|8@1+ (1,0) [0|0] "" A

CM_ BO_ 100 "a comment
BO_ 5 of several ; lines, with \\"quotes\\"";
CM_ "";
BA_DEF_ BO_ "SystemMessageLongSymbol" STRING ;
BA_ "SystemMessageLongSymbol" BO_ 100 "A_name_longer_than_the_32_characters_of_old";
BA_ "SystemSignalLongSymbol" SG_ 100 Sig "A_signal_name_longer_than_32_characters";
BA_ "Other" 5;
VAL_ 100 Sig 1 "one;" 0 "ze\\"ro" ;
VAL_ EnvVar 1 "x" ;
SIG_GROUP_ 100 Group 1 : Sig Other;
BO_TX_BU_ 100 : Node1,Node2;
`;
  for (const bytes of [Buffer.from(text), Buffer.from(text, 'latin1'), Buffer.from(text.replaceAll('\n', '\r\n'))]) {
    const dbc = readDbc(bytes, 'x.dbc');
    t.deepEqual(dbc.faults, []);
    t.is(dbc.messages.length, 1);
    const [message] = dbc.messages;
    t.is(message!.name, 'A_name_longer_than_the_32_characters_of_old');
    t.deepEqual(
      message!.signals.map(({ name, unit, factor, offset }) => [name, unit, factor, offset]),
      [
        ['A_signal_name_longer_than_32_characters', '°C', 1, 0],
        ['Other', '', 0.01, -15],
        ['Mux', '', 1, 0],
      ],
    );
    t.deepEqual(
      [...message!.signals[0]!.texts!],
      [
        [1, 'one;'],
        [0, 'ze"ro'],
      ],
    );
    t.is(dbc.valueTables.get('Onoff')!.get(1), 'on');
    t.deepEqual(new DbcDecoder(dbc).decode(100, false, frame(0, '07 64 00').data), {
      A_signal_name_longer_than_32_characters: 7,
      Mux: 0,
      Other: -14,
    });
  }
});

test('each fault is told with file, line and what, and takes nothing else with it', (t) => {
  const text = `VERSION ""
BO_ 1 Good: 8 A
 SG_ Ok : 0|8@1+ (1,0) [0|0] "" B
 SG_ NoBits : 0|0@1+ (1,0) [0|0] "" B
 SG_ BadOrder : 0|8@2+ (1,0) [0|0] "" B
 SG_ BadFactor : 0|8@1+ (x,0) [0|0] "" B
 SG_ Open : 0|8@1+ (1,0) [0|0] "km/h B
 SG_ Ok : 8|8@1+ (1,0) [0|0] "" B
 SG_ Late : 60|8@1+ (1,0) [0|0] "" B
BO_ x Faulty: 8 A
 SG_ Gone : 0|8@1+ (1,0) [0|0] "" B
BO_ 5000 TooWide: 8 A
BO_ 1 Again: 8 A
 SG_ S : 0|8@1+ (1,0) [0|0] "" B
CM_ SG_ 1 Ok "no end
VAL_ 1 Nobody 1 "x" ;
VAL_ 1 Ok 1 x ;
SIG_VALTYPE_ 1 Ok : 1;
nonsense here
SG_MUL_VAL_ 1 Ok Nobody 1-2;
BA_ "SystemSignalLongSymbol" SG_ 1 Nobody "x";
BO_ 2 Fine: 8 A
 SG_ Mux m1 : 0|8@1+ (1,0) [0|0] "" B
 SG_ Last : 8|8@1+ (1,0) [0|0] "" B
`;
  const dbc = dbcOf(text);
  t.deepEqual(
    dbc.messages.map(({ name, signals }) => [name, signals.map((signal) => signal.name)]),
    [
      ['Good', ['Late']],
      ['Fine', ['Last']],
    ],
  );
  t.deepEqual(
    dbc.faults.map(({ line }) => line).sort((a, b) => a - b),
    [4, 5, 6, 7, 8, 9, 10, 12, 13, 15, 16, 17, 18, 19, 21, 23],
  );
  t.true(dbc.faults.every(({ file, what }) => file === 'test.dbc' && what.length > 5));
  const told = (line: number) => dbc.faults.find((fault) => fault.line === line)!.what;
  t.regex(told(5), /0 \(Motorola\) or 1 \(Intel\).*'2\+/);
  t.regex(told(6), /the factor.*'x,0/);
  t.regex(told(7), /unit/);
  t.regex(told(9), /needs 9 bytes.*has 8.*kept/);
  t.regex(told(12), /5000 is no 11-bit/);
  t.regex(told(19), /nonsense/);
  t.regex(told(18), /a float of 8 bits/);
});

test('only where nothing is usable it is an error', (t) => {
  for (const bytes of [
    Buffer.from(''),
    Buffer.from('{"json": true}'),
    Buffer.from([0x89, 0x50, 0, 0, 0xff]),
    Buffer.from('VERSION ""\nBO_ x\n'),
  ]) {
    const error = t.throws(() => readDbc(bytes, 'x.dbc'), { instanceOf: KerbError });
    t.is((error as KerbError).code, 'DBC_UNUSABLE');
  }
  t.is(dbcOf('BO_ 1 Empty: 0 A').messages.length, 1);
  t.is(dbcOf('VERSION ""\nBU_: A\nCM_ "without messages";\n').messages.length, 0);
});

sampleTest('every sample file is read whole, without a fault', (t, path) => {
  for (const name of readdirSync(path('dbc'))) {
    const bytes = readFileSync(path('dbc', name));
    const dbc = readDbc(bytes, name);
    const text = bytes.toString('latin1');
    t.deepEqual(dbc.faults, [], name);
    t.is(dbc.messages.length, text.match(/^BO_ /gm)!.length, name);
    t.is(
      dbc.messages.reduce((sum, { signals }) => sum + signals.length, 0),
      text.match(/^\s*SG_ \w/gm)!.length,
      name,
    );
  }
});

test('made files: every signal decodes to what a walk over its bits and plain arithmetic give', (t) => {
  const signal = fc
    .record({
      start: fc.nat(63),
      length: fc.integer({ min: 1, max: 64 }),
      motorola: fc.boolean(),
      signed: fc.boolean(),
      float: fc.constant(false),
      factor: fc.constantFrom(1, -1, 0.1, 0.00390625, 1e-7, 3, 250),
      offset: fc.constantFrom(0, -40, -273, 0.5, 1000),
    })
    .filter((one) => bytesNeeded(one) <= 8);
  fc.assert(
    fc.property(
      fc.array(signal, { minLength: 1, maxLength: 5 }),
      fc.uint8Array({ minLength: 0, maxLength: 8 }),
      (signals, data) => {
        const text = signals.map(
          (s, i) =>
            ` SG_ S${i} : ${s.start}|${s.length}@${s.motorola ? 0 : 1}${s.signed ? '-' : '+'} (${s.factor},${s.offset}) [0|0] "" A`,
        );
        const values = new DbcDecoder(dbcOf(`BO_ 7 M: 8 A\n${text.join('\n')}\n`)).decode(7, false, data)!;
        return signals.every((s, i) => {
          const got = values[`S${i}`];
          let at = s.start;
          let bits = '';
          for (let bit = 0; bit < s.length; bit++) {
            if (at >> 3 >= data.length) return got === null;
            const one = (data[at >> 3]! >> (at & 7)) & 1;
            bits = s.motorola ? `${bits}${one}` : `${one}${bits}`;
            at = s.motorola ? (at % 8 === 0 ? at + 15 : at - 1) : at + 1;
          }
          const unsigned = BigInt(`0b${bits}`);
          const raw = Number(s.signed ? BigInt.asIntN(s.length, unsigned) : unsigned);
          const size = Math.abs(raw * s.factor) + Math.abs(s.offset);
          return typeof got === 'number' && Math.abs(got - (raw * s.factor + s.offset)) <= size * 1e-15;
        });
      },
    ),
    { numRuns: RUNS },
  );
  t.pass();
});

test('a file that was damaged anywhere is still read, or refused, never an exception of another kind', (t) => {
  const whole = `${HEAD}BO_ 2364540158 EEC1: 8 A\n SG_ Sw M : 0|8@1+ (1,0) [0|0] "rpm" B\n SG_ One m1 : 8|8@0- (0.5,-1) [0|0] "" B\nCM_ SG_ 1 X "a\nb";\nVAL_ 2364540158 Sw 1 "x" 2 "y" ;\nSG_MUL_VAL_ 2364540158 One Sw 1-3;\nSIG_VALTYPE_ 2364540158 One : 1;\nBA_ "SystemSignalLongSymbol" SG_ 2364540158 Sw "Long";\nBO_ 5 Last: 8 A\n SG_ Z : 0|8@1+ (1,0) [0|0] "" B\n`;
  const edit = fc.record({
    at: fc.nat(whole.length),
    drop: fc.nat(12),
    put: fc.oneof(
      fc.string({ maxLength: 6 }),
      fc.constantFrom('"', ';', '\n', 'SG_ ', 'BO_ ', '99999999999999999999', '|', 'm1M'),
    ),
  });
  fc.assert(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), fc.uint8Array({ maxLength: 10 }), (edits, data) => {
      let text = whole;
      for (const { at, drop, put } of edits) text = text.slice(0, at) + put + text.slice(at + drop);
      try {
        const dbc = dbcOf(text);
        const decoder = new DbcDecoder(dbc);
        for (const { id, extended } of dbc.messages) decoder.decode(id, extended, data);
        return dbc.faults.every(({ line }) => line >= 1 && line <= text.split('\n').length);
      } catch (error) {
        return error instanceof KerbError && error.code === 'DBC_UNUSABLE';
      }
    }),
    { numRuns: RUNS },
  );
  t.pass();
});
