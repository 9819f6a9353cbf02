// agent/main/drive: a made-up serial CAN adapter. In: commands of slcan. Out: answers, and whether it is open. It never
// passes anything on to a bus.

/** longest command: a CAN frame to send */
const MAX_COMMAND = 64;

export class Adapter {
  #held = '';
  /** frames are passed to the serial side */
  open = false;

  /** Takes what came over the serial line; gives the answer: CR for yes, BEL for no. */
  take(bytes: Uint8Array): string {
    let answer = '';
    for (const byte of bytes) {
      if (byte !== 13) {
        if (this.#held.length < MAX_COMMAND) this.#held += String.fromCharCode(byte);
        continue;
      }
      answer += this.#command(this.#held);
      this.#held = '';
    }
    return answer;
  }

  /** The port was closed or the adapter unplugged. */
  reset(): void {
    this.#held = '';
    this.open = false;
  }

  #command(command: string): string {
    if (/^C$/.test(command)) this.open = false;
    else if (/^[LO]$/.test(command)) this.open = true;
    else if (!/^S[0-8]$/.test(command) && command !== '') return '\x07';
    return '\r';
  }
}
