// agent/uplink: the stream below an MQTT session, for mqtt:// and mqtts://. In: an address, certificates. Out: a socket that
// mqtt.js runs on. May never happen: a broker is believed that the authorities did not sign for this name.
import { connect as connectTcp, isIP } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { type IClientOptions, MqttClient, connect as mqttConnect } from 'mqtt';
import { lookupOnce } from './lookup.ts';
import type { TlsMaterial } from './tls.ts';

/** A client that has begun to connect. WebSockets are left to mqtt.js. */
export function dial(address: string, options: IClientOptions, tls: TlsMaterial): MqttClient {
  const url = new URL(address);
  if (url.protocol !== 'mqtt:' && url.protocol !== 'mqtts:') return mqttConnect(address, { ...options, ...tls });
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const secure = url.protocol === 'mqtts:';
  const port = url.port === '' ? (secure ? 8883 : 1883) : Number(url.port);
  return new MqttClient((client) => {
    if (!secure) return connectTcp({ host, port, lookup: lookupOnce, noDelay: true });
    const name = isIP(host) === 0 ? { servername: host } : {};
    const socket = connectTls({ host, port, lookup: lookupOnce, minVersion: 'TLSv1.2', ...name, ...tls });
    socket.setNoDelay(true);
    // mqtt.js tells faults of TCP by itself, those of certificates not.
    socket.on('error', (error) => client.emit('error', error));
    return socket;
  }, options);
}
