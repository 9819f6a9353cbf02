// A signed report proves itself, and nothing else does.
import { generateKeyPairSync } from 'node:crypto';
import test from 'ava';
import { openReport, type ReportBody, reasonLine, reportItemSchema, reportSchema, signReport } from './index.ts';

const body: ReportBody = {
  v: 1,
  kind: 'report-body',
  device: 'box-1',
  counter: 7,
  nonce: '00112233445566778899aabbccddeeff',
  at: 1_790_000_000_000,
  boot: 'b',
  clock: 'synced',
  slot: 'a',
  versions: { root: 1, timestamp: 4, snapshot: 3, targets: 3 },
  items: [
    {
      kind: 'profile',
      name: 'street',
      wanted: { version: '2', counter: 2 },
      running: { version: '1', counter: null },
      result: 'refused',
      code: 'PROFILE_BAD',
      reason: '规则 3：停留时间必须是正数',
      at: 1_790_000_000_000,
    },
  ],
};
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });

test('what was signed is read; every change of text, signature or key is not', (t) => {
  const report = reportSchema.parse(JSON.parse(JSON.stringify(signReport(body, privateKey))));
  t.deepEqual(openReport(report), { body });
  const error = { error: 'signature: does not fit body and key' };
  t.deepEqual(openReport({ ...report, body: report.body.replace('refused', 'success') }), error);
  t.deepEqual(openReport({ ...report, body: `${report.body} ` }), error);
  const signature = Buffer.from(report.signature, 'base64');
  signature[40]! ^= 1;
  t.deepEqual(openReport({ ...report, signature: signature.toString('base64') }), error);
  const other = signReport(body, generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey);
  t.deepEqual(openReport({ ...report, key: other.key }), error);
});

test('another curve, no key, and a signed body that is none are refused by name', (t) => {
  const large = generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey;
  t.deepEqual(openReport({ ...signReport(body, privateKey), key: signReport(body, large).key }), {
    error: 'key: no P-256 key',
  });
  t.deepEqual(openReport({ ...signReport(body, privateKey), key: 'A'.repeat(124) }), { error: 'key: no P-256 key' });
  const signed = openReport(signReport({ ...body, counter: 0 }, privateKey));
  t.regex('error' in signed ? signed.error : '', /^body: counter: /);
});

test('a reason is one line that the schema takes, whatever it was made of', (t) => {
  const item = body.items[0]!;
  for (const text of ['a\n b\t\tc\0d\u2028e', '\ud800', '警'.repeat(1000), `${'x'.repeat(298)}😀😀`, '']) {
    const reason = reasonLine(text);
    t.true(reportItemSchema.safeParse({ ...item, reason }).success, JSON.stringify(reason));
    t.true(reason.isWellFormed());
  }
  t.is(reasonLine('a\n b\t\tc\0d'), 'a b c d');
  t.false(reportItemSchema.safeParse({ ...item, reason: 'a\nb' }).success);
});
