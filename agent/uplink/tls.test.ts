// TLS against a real mosquitto: whom the box believes, whom the broker lets in.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { connectAsync } from 'mqtt';
import { decodeEnvelopes, deviceTopics } from '../../contract/index.ts';
import { eventually, freePort, listening, program, tempDir } from '../../test/chain-rig.ts';
import { type TlsFiles, Uplink } from './index.ts';
import { MemoryLane } from './testing.ts';

const topics = deviceTopics('bozhou', 'box-1');

/** An authority in a folder, and certificates that it signs. */
class Authority {
  readonly #dir: string;
  readonly #name: string;

  constructor(dir: string, name: string) {
    this.#dir = dir;
    this.#name = name;
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', `${name}.key`];
    const ca = ['-addext', 'basicConstraints=critical,CA:TRUE', '-subj', `/CN=${name}`, '-days', '2'];
    this.#openssl(['req', '-x509', ...key, '-out', `${name}.pem`, ...ca]);
  }

  get file(): string {
    return join(this.#dir, `${this.#name}.pem`);
  }

  sign(who: string, subject: string, names?: string): { cert: string; key: string } {
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', `${who}.key`];
    this.#openssl(['req', ...key, '-out', `${who}.csr`, '-subj', `/CN=${subject}`]);
    writeFileSync(join(this.#dir, `${who}.ext`), names ? `subjectAltName=${names}\n` : 'basicConstraints=CA:FALSE\n');
    const by = ['-CA', `${this.#name}.pem`, '-CAkey', `${this.#name}.key`, '-CAcreateserial', '-extfile', `${who}.ext`];
    this.#openssl(['x509', '-req', '-in', `${who}.csr`, ...by, '-out', `${who}.pem`, '-days', '2']);
    return { cert: join(this.#dir, `${who}.pem`), key: join(this.#dir, `${who}.key`) };
  }

  #openssl(args: string[]): void {
    execFileSync('openssl', args, { cwd: this.#dir, stdio: 'pipe' });
  }
}

function uplink(t: ExecutionContext, broker: string, tls: TlsFiles, lines: string[] = []): Uplink {
  const made = new Uplink({
    city: 'bozhou',
    device: 'box-1',
    broker,
    lanes: [new MemoryLane('case', 3)],
    birth: () => ({ version: '1', boot: 'boot', roles: [] }),
    tls,
    clock: { wall: Date.now, mono: () => performance.now() },
    random: () => 0.5,
    limits: { spread: 50, backoff: 50, backoffMax: 200 },
    log: (line) => lines.push(line),
  });
  t.teardown(() => made.close());
  made.start();
  return made;
}

test('mqtts with certificates on both sides; a wrong authority, name, key or none at all is refused and named', async (t) => {
  const dir = tempDir(t);
  const [ours, others] = [new Authority(dir, 'city'), new Authority(dir, 'others')];
  const server = ours.sign('server', 'broker', 'DNS:localhost');
  const box = ours.sign('box', 'box-1');
  const stranger = others.sign('stranger', 'box-1');
  const [port, plain] = [await freePort(), await freePort()];
  const config = [
    'per_listener_settings true',
    `listener ${port} 127.0.0.1`,
    `cafile ${ours.file}`,
    `certfile ${server.cert}`,
    `keyfile ${server.key}`,
    'require_certificate true',
    'use_identity_as_username true',
    `listener ${plain} 127.0.0.1`,
    'allow_anonymous true',
    'user root',
  ];
  writeFileSync(join(dir, 'tls.conf'), `${config.join('\n')}\n`);
  program(t, 'mosquitto', ['-c', join(dir, 'tls.conf')]);
  await listening(port);
  await listening(plain);
  const peer = await connectAsync(`mqtt://127.0.0.1:${plain}`, { reconnectPeriod: 0 });
  t.teardown(() => peer.endAsync(true));
  const seqs: number[] = [];
  peer.on('message', (_, payload) => {
    for (const line of decodeEnvelopes(payload.toString())) if ('seq' in line) seqs.push(line.seq);
  });
  await peer.subscribeAsync(topics.lane('case'), { qos: 1 });

  const url = `mqtts://localhost:${port}`;
  const wrong: [string, string, TlsFiles][] = [
    ['another authority', url, { ...box, ca: others.file }],
    ['no authority', url, { ...box }],
    ['another name', `mqtts://127.0.0.1:${port}`, { ...box, ca: ours.file }],
    ['no certificate', url, { ca: ours.file }],
    ["a stranger's certificate", url, { ...stranger, ca: ours.file }],
    ['a missing file', url, { ...box, ca: join(dir, 'nowhere.pem') }],
    ['no PEM', url, { ...box, ca: join(dir, 'tls.conf') }],
    ["another one's key", url, { cert: box.cert, key: stranger.key, ca: ours.file }],
  ];
  for (const [what, address, files] of wrong) {
    const lines: string[] = [];
    const link = uplink(t, address, files, lines);
    const error = await eventually(what, () => link.state().error ?? null);
    t.log(`${what}: ${error}`);
    t.not(link.state().state, 'online');
    t.false(`${error}${lines}`.includes('PRIVATE'));
    await link.close();
  }
  t.deepEqual(seqs, []);

  const ca = join(dir, 'believed.pem');
  writeFileSync(ca, readFileSync(others.file));
  const link = uplink(t, url, { ...box, ca });
  await eventually('refused', () => link.state().error ?? null);
  // A file that is put right counts from the next try.
  writeFileSync(ca, readFileSync(ours.file));
  await eventually('all', () => (seqs.length >= 3 ? true : null));
  t.is(link.state().state, 'online');
  t.is(link.state().protocol, 5);
  const [day] = link.counters().days;
  t.true(day!.bytes.link > 2 * 5000, 'handshakes are counted');
});
