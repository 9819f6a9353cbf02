// ONVIF against servers that speak it, refuse, answer garbage, or never end.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream';
import test, { type ExecutionContext } from 'ava';
import { describeCamera, discoverCameras } from './onvif.ts';

type Answer = (body: string, request: IncomingMessage, response: ServerResponse) => string | null;

async function server(t: ExecutionContext, answer: Answer): Promise<string> {
  const http = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const said = answer(body, request, response);
    if (said !== null) response.setHeader('content-type', 'application/soap+xml').end(said);
  }).listen(0, '127.0.0.1');
  t.teardown(() => {
    http.closeAllConnections();
    http.close();
  });
  await once(http, 'listening');
  return `127.0.0.1:${(http.address() as AddressInfo).port}`;
}

/** An answer that is written by hand. */
const quietly =
  (write: (response: ServerResponse) => unknown): Answer =>
  (_body, _request, response) => {
    write(response);
    return null;
  };

const soap = (body: string) =>
  '<?xml version="1.0"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" ' +
  'xmlns:tds="http://www.onvif.org/ver10/device/wsdl" xmlns:trt="http://www.onvif.org/ver10/media/wsdl" ' +
  `xmlns:tt="http://www.onvif.org/ver10/schema" xmlns:tptz="http://www.onvif.org/ver20/ptz/wsdl"><s:Body>${body}</s:Body></s:Envelope>`;

const profile = (token: string, codec: string, width: number, height: number) =>
  `<trt:Profiles token="${token}"><tt:Name>${token} stream</tt:Name><tt:VideoSourceConfiguration token="v"><tt:SourceToken>s</tt:SourceToken></tt:VideoSourceConfiguration>` +
  `<tt:VideoEncoderConfiguration token="e"><tt:Encoding>${codec}</tt:Encoding><tt:Resolution><tt:Width>${width}</tt:Width><tt:Height>${height}</tt:Height></tt:Resolution>` +
  '<tt:RateControl><tt:FrameRateLimit>25</tt:FrameRateLimit></tt:RateControl></tt:VideoEncoderConfiguration></trt:Profiles>';

/** A camera with two streams and two presets, by the action in the body of the request. */
function camera(host: () => string): Answer {
  return (body) => {
    const has = (action: string) => body.includes(`<${action}`);
    if (has('GetSystemDateAndTime')) {
      return soap(
        '<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime><tt:UTCDateTime><tt:Time><tt:Hour>1</tt:Hour><tt:Minute>2</tt:Minute><tt:Second>3</tt:Second></tt:Time>' +
          '<tt:Date><tt:Year>2026</tt:Year><tt:Month>11</tt:Month><tt:Day>1</tt:Day></tt:Date></tt:UTCDateTime></tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>',
      );
    }
    if (has('GetServices')) {
      const service = (name: string, path: string) =>
        `<tds:Service><tds:Namespace>http://www.onvif.org/${name}/wsdl</tds:Namespace><tds:XAddr>http://${host()}/${path}</tds:XAddr><tds:Version><tt:Major>2</tt:Major><tt:Minor>4</tt:Minor></tds:Version></tds:Service>`;
      return soap(
        `<tds:GetServicesResponse>${service('ver10/device', 'onvif/device_service')}${service('ver10/media', 'onvif/media')}${service('ver20/ptz', 'onvif/ptz')}</tds:GetServicesResponse>`,
      );
    }
    if (has('GetProfiles')) {
      return soap(
        `<trt:GetProfilesResponse>${profile('main', 'H265', 2560, 1440)}${profile('sub', 'H264', 640, 480)}</trt:GetProfilesResponse>`,
      );
    }
    if (has('GetVideoSources')) {
      return soap(
        '<trt:GetVideoSourcesResponse><trt:VideoSources token="s"><tt:Framerate>25</tt:Framerate></trt:VideoSources></trt:GetVideoSourcesResponse>',
      );
    }
    if (has('GetDeviceInformation')) {
      return soap(
        '<tds:GetDeviceInformationResponse><tds:Manufacturer>Acme</tds:Manufacturer><tds:Model>Pole</tds:Model><tds:FirmwareVersion>1.2</tds:FirmwareVersion></tds:GetDeviceInformationResponse>',
      );
    }
    if (has('GetStreamUri')) {
      const token = /ProfileToken>(\w+)</.exec(body)?.[1];
      // the second one names an address that no stream has
      const uri = token === 'main' ? `rtsp://admin:pw@${host()}/${token}` : 'file:///etc/passwd';
      return soap(
        `<trt:GetStreamUriResponse><trt:MediaUri><tt:Uri>${uri}</tt:Uri></trt:MediaUri></trt:GetStreamUriResponse>`,
      );
    }
    if (has('GetSnapshotUri')) {
      return soap(
        `<trt:GetSnapshotUriResponse><trt:MediaUri><tt:Uri>http://${host()}/shot.jpg</tt:Uri></trt:MediaUri></trt:GetSnapshotUriResponse>`,
      );
    }
    if (has('GetPresets')) {
      return soap(
        '<tptz:GetPresetsResponse><tptz:Preset token="1"><tt:Name>gate</tt:Name></tptz:Preset><tptz:Preset token="2"><tt:Name>corner</tt:Name></tptz:Preset></tptz:GetPresetsResponse>',
      );
    }
    return soap('<s:Fault><s:Code><s:Value>s:Receiver</s:Value></s:Code></s:Fault>');
  };
}

test('streams, snapshot addresses and presets of a camera, without its password', async (t) => {
  let host = '';
  host = await server(
    t,
    camera(() => host),
  );
  const { manufacturer, model, profiles } = await describeCamera(`http://admin:pw@${host}`);
  t.deepEqual([manufacturer, model], ['Acme', 'Pole']);
  t.is(profiles.length, 2);
  t.deepEqual(profiles[0], {
    token: 'main',
    name: 'main stream',
    stream: `rtsp://${host}/main`,
    snapshot: `http://${host}/shot.jpg`,
    codec: 'H265',
    width: 2560,
    height: 1440,
    rate: 25,
    presets: [
      { token: '1', name: 'gate' },
      { token: '2', name: 'corner' },
    ],
  });
  t.is(profiles[1]!.stream, null, 'an address that is no stream is none');
});

test('a camera that answers garbage, refuses, or never ends is named and costs nothing else', async (t) => {
  async function* endless() {
    for (;;) yield Buffer.alloc(1 << 20, '<a>');
  }
  const answers: [Answer, string[]][] = [
    [() => '<<<&&& not xml', ['ONVIF_GARBAGE']],
    [() => soap('<x/>'), ['ONVIF_GARBAGE']],
    [() => '', ['ONVIF_GARBAGE', 'CAMERA_UNREACHABLE']],
    [
      quietly((response) =>
        response.writeHead(401, { 'www-authenticate': 'Digest realm="a", nonce="b", qop="auth"' }).end(),
      ),
      ['CAMERA_PASSWORD'],
    ],
    [quietly((response) => pipeline(endless, response, () => {})), ['ONVIF_GARBAGE', 'CAMERA_UNREACHABLE']],
    [() => null, ['CAMERA_UNREACHABLE']],
  ];
  for (const [answer, codes] of answers) {
    const host = await server(t, answer);
    const error = await t.throwsAsync(describeCamera(`http://admin:secret@${host}`, 3000));
    const { code, message } = error as Error & { code: string };
    t.true(codes.includes(code), `${code}: ${message}`);
    t.notRegex(message, /secret/);
  }
  await t.throwsAsync(describeCamera('rtsp://host/x'), { code: 'ONVIF_ADDRESS' });
  await t.throwsAsync(describeCamera('http://127.0.0.1:9'), { code: 'CAMERA_UNREACHABLE' });
});

test('discovery asks the network, takes what answers and leaves garbage out', async (t) => {
  const socket = createSocket({ type: 'udp4', reuseAddr: true });
  t.teardown(() => socket.close());
  socket.bind(3702);
  await once(socket, 'listening');
  socket.addMembership('239.255.255.250');
  socket.on('message', (_, { port, address }) => {
    socket.send('garbage', port, address);
    socket.send(
      '<?xml version="1.0"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery"><s:Body><d:ProbeMatches><d:ProbeMatch><a:EndpointReference><a:Address>urn:uuid:1</a:Address></a:EndpointReference>' +
        '<d:Scopes>onvif://www.onvif.org/name/North%20pole onvif://www.onvif.org/hardware/P1</d:Scopes><d:XAddrs>file:///x http://192.0.2.7/onvif/device_service</d:XAddrs></d:ProbeMatch></d:ProbeMatches></s:Body></s:Envelope>',
      port,
      address,
    );
  });
  t.deepEqual(await discoverCameras(600), [
    { address: 'http://192.0.2.7/onvif/device_service', name: 'North pole', hardware: 'P1' },
  ]);
});
