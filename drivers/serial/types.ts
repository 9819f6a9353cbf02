// drivers/serial: a stream of bytes from a device, whatever it is behind: a serial port or a recording. No meaning is
// known here.

/** Why a source gives no bytes just now. */
export interface ByteLoss {
  /** SERIAL_MISSING: no such port; SERIAL_CLOSED: it went away; SERIAL_REFUSED: it cannot be opened;
   *  RECORDING_UNREADABLE: the file is missing or broken */
  readonly code: 'SERIAL_MISSING' | 'SERIAL_CLOSED' | 'SERIAL_REFUSED' | 'RECORDING_UNREADABLE';
  readonly message: string;
}

/** What a source tells its owner. */
export interface ByteListener {
  /** bytes will come: at first, and each time after a loss */
  ready(): void;
  /** @param time epoch ms at which they arrived, from the injected clock */
  bytes(chunk: Uint8Array, time: number): void;
  /** told once per loss; a port goes on trying by itself, a recording does not */
  lost(loss: ByteLoss): void;
  /** a recording came to its end; a port never does */
  ended?(): void;
}

/** A serial port or a recording, behind one face. */
export interface ByteSource {
  /** a recording's arrival times say nothing of when its bytes were sent */
  readonly recorded: boolean;
  /** starts; what happens is told to the listener. A second call does nothing. */
  open(listener: ByteListener): void;
  /** bytes for the other end; dropped where the port is not open, and by a recording */
  write(bytes: Uint8Array): void;
  /** ends for good; nothing is told any more */
  close(): Promise<void>;
}
