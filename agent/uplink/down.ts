// agent/uplink: messages from above, hostile or not -> acknowledgements, and words for others. In: topic and payload as
// they came. May never happen: one of another device is believed, or a bad one does more than count.
import { type Ack, ackSchema, type deviceTopics, firstIssue, oneLine } from '../../contract/index.ts';

/** Largest acknowledgement, and largest word of any other kind. */
const MAX_ACK_BYTES = 4096;
const MAX_DOWN_BYTES = 64 * 1024;

export interface DownOptions {
  readonly device: string;
  readonly topics: ReturnType<typeof deviceTopics>;
  readonly onAck: (ack: Ack) => void;
  /** `what` is the rest of the topic below down/ */
  readonly onDown: (what: string, payload: Buffer) => void;
  /** why a message was refused */
  readonly onBad: (why: string) => void;
}

export class Down {
  readonly #options: DownOptions;

  constructor(options: DownOptions) {
    this.#options = options;
  }

  take(topic: string, payload: Buffer): void {
    const { topics, onAck, onDown, onBad } = this.#options;
    const base = `${topics.base}/down/`;
    try {
      if (topic === topics.ack) onAck(this.#ack(payload));
      else if (!topic.startsWith(base)) throw new Error(`topic ${topic.slice(0, 80)} is none of this box`);
      else if (payload.length > MAX_DOWN_BYTES) throw new Error(`${payload.length} bytes on ${topic.slice(0, 80)}`);
      else onDown(topic.slice(base.length), payload);
    } catch (error) {
      onBad(oneLine(error));
    }
  }

  /** @throws Error where it is none, or another device's */
  #ack(payload: Buffer): Ack {
    if (payload.length > MAX_ACK_BYTES) throw new Error(`an acknowledgement of ${payload.length} bytes`);
    const ack = ackSchema.safeParse(JSON.parse(payload.toString('utf8')));
    if (!ack.success) throw new Error(`acknowledgement: ${firstIssue(ack.error)}`);
    if (ack.data.device !== this.#options.device) throw new Error(`acknowledgement of device ${ack.data.device}`);
    return ack.data;
  }
}
