// deploy: who may do what at a broker, as data. Loads no broker.
import { ALL_UP, deviceTopics } from '../contract/index.ts';

export interface BrokerUser {
  name: string;
  password: string;
  /** patterns of topics it may publish to */
  publish: string[];
  /** patterns its subscriptions must lie within */
  subscribe: string[];
}

/** What a device may do: publish below its own up/, read its own down/. It signs in by its id. */
export function deviceUser(city: string, device: string, password: string): BrokerUser {
  const topics = deviceTopics(city, device);
  return { name: device, password, publish: [topics.up], subscribe: [topics.down] };
}

/** What the centre may do: read all that goes up, publish all that goes down. It signs in as `centre`. */
export function centreUser(password: string): BrokerUser {
  return { name: 'centre', password, publish: [ALL_UP.replace('/up/', '/down/')], subscribe: [ALL_UP] };
}
