// campaign: listens at the broker beside the centre and judges one thing: whether what waited and is urgent goes before
// the backlog. For each session that it hears from its birth on: until the last case that waited at the birth is sent,
// no more telemetry may have gone than its weight allows. In: messages, what was accepted. Out: sessions judged, and faults.
import { connect, type MqttClient } from 'mqtt';
import { type Ack, deviceTopics } from '../contract/index.ts';
import { CITY, DEVICE } from './records.ts';
import { Faults } from './verdict.ts';

/** Bytes that may go before the weights can be seen: a full message of each of three flows. */
const SLACK = 3 * 200_000;
/** Messages of the backlog that may go before the first case that waited: those under way when it woke. */
const MOST_BEFORE = 4;
/** Share of telemetry and evidence beside cases: weights 4 + 2 + 1 to 8. */
const SHARE = 7 / 8;

interface Session {
  /** places of cases that waited at its birth and have not come yet */
  waiting: Set<string>;
  waited: number;
  cases: number;
  backlog: number;
  /** messages of telemetry and evidence before the first case */
  before: number;
  /** more of the backlog went than may */
  late: boolean;
}

export class Witness {
  readonly #client: MqttClient;
  readonly #seen = new Set<string>();
  readonly #open = new Set<string>();
  /** open when there surely was no session */
  #waited: ReadonlySet<string> = new Set();
  #session: Session | null = null;
  readonly #onReply: (id: string, text: string) => void;
  readonly late = new Faults();
  /** sessions at whose birth cases waited, and that lived until they were sent */
  judged = 0;
  /** of all these: most messages of telemetry and evidence that came before the first case */
  mostBefore = 0;

  /** @param onReply an answer to a command came by */
  constructor(broker: string, onReply: (id: string, text: string) => void) {
    this.#onReply = onReply;
    const topics = deviceTopics(CITY, DEVICE);
    this.#client = connect(broker, { reconnectPeriod: 50, connectTimeout: 5000, queueQoSZero: false });
    this.#client.on('error', () => undefined);
    this.#client.on('connect', () => this.#client.subscribe([topics.up, topics.ack], { qos: 1 }, () => undefined));
    this.#client.on('close', () => {
      this.#session = null;
    });
    this.#client.on('message', (topic, payload, { retain }) => {
      if (topic === topics.status) this.#born(payload, retain);
      else if (topic === topics.ack) this.#acknowledged(payload);
      else this.#heard(topic.slice(topics.base.length + 4), payload);
    });
  }

  /** A record was accepted. */
  accepted(lane: string, key: string): void {
    if (lane === 'case' && !this.#seen.has(key)) this.#open.add(key);
  }

  /** What the centre holds waits no more, even where it came while nobody listened here. */
  #acknowledged(payload: Buffer): void {
    const { lane, epoch, upTo } = JSON.parse(payload.toString('utf8')) as Ack;
    if (lane !== 'case') return;
    for (const key of this.#open) {
      const [, of, seq] = key.split('/');
      if (of === epoch && Number(seq) <= upTo) this.#arrived(key);
    }
  }

  #arrived(key: string): void {
    this.#seen.add(key);
    this.#open.delete(key);
    this.#session?.waiting.delete(key);
  }

  /** There is no session now: what is open waits. */
  mark(): void {
    this.#waited = new Set(this.#open);
  }

  #born(payload: Buffer, retained: boolean): void {
    const { online } = JSON.parse(payload.toString('utf8')) as { online: boolean };
    this.#session = null;
    const waiting = new Set([...this.#waited].filter((key) => this.#open.has(key)));
    if (!online || retained || waiting.size === 0) return;
    this.#session = {
      waiting,
      waited: waiting.size,
      cases: 0,
      backlog: 0,
      before: 0,
      late: false,
    };
  }

  #heard(what: string, payload: Buffer): void {
    const session = this.#session;
    if (what.startsWith('reply/')) {
      this.#onReply(what.slice('reply/'.length), payload.toString('utf8'));
      return;
    }
    if (what === 'case') {
      for (const [, epoch, seq] of payload.toString('utf8').matchAll(/"lane":"case","epoch":"(\w+)","seq":(\d+)/g)) {
        this.#arrived(`case/${epoch}/${seq}`);
      }
    }
    if (!session) return;
    if (what === 'case') session.cases += payload.length;
    else if (what !== 'alarm') {
      session.backlog += payload.length;
      if (session.cases === 0) session.before++;
    }
    if (session.before > MOST_BEFORE) session.late = true;
    if (session.backlog > session.cases * SHARE + SLACK) session.late = true;
    if (session.waiting.size > 0) return;
    this.#session = null;
    this.judged++;
    this.mostBefore = Math.max(this.mostBefore, session.before);
    const { late, waited, cases, backlog } = session;
    const told = `${backlog} bytes of telemetry and evidence, ${session.before} messages of it before the first`;
    if (late) this.late.add(`${waited} cases (${cases} bytes) came after ${told}`);
  }

  close(): void {
    this.#client.end(true);
  }
}
