# drivers/camera, for tests: a real RTSP server (GStreamer's) that plays test pictures.
# In: argv[1], JSON: {"port": N, "mounts": {"/path": {"codec": "h264"|"h265", "size": [w, h], "rate": fps}}, "user"?, "password"?}
# Out: one line "ready PORT" on stdout. It ends when its stdin closes.
import json
import sys
import threading

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402

ENCODERS = {
    "h264": "openh264enc gop-size=5 complexity=low ! h264parse ! rtph264pay name=pay0 pt=96 config-interval=1",
    "h265": "x265enc speed-preset=ultrafast tune=zerolatency key-int-max=5 ! h265parse"
    " ! rtph265pay name=pay0 pt=96 config-interval=1",
}

Gst.init(None)
options = json.loads(sys.argv[1])
server = GstRtspServer.RTSPServer.new()
server.set_address("127.0.0.1")
server.set_service(str(options.get("port", 0)))

if "user" in options:
    auth = GstRtspServer.RTSPAuth()
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", "user")
    auth.add_basic(GstRtspServer.RTSPAuth.make_basic(options["user"], options["password"]), token)
    server.set_auth(auth)

for path, mount in options["mounts"].items():
    width, height = mount["size"]
    factory = GstRtspServer.RTSPMediaFactory.new()
    factory.set_launch(
        f"( videotestsrc is-live=true pattern=ball ! video/x-raw,format=I420,width={width},height={height},"
        f"framerate={mount.get('rate', 10)}/1 ! {ENCODERS[mount['codec']]} )"
    )
    factory.set_shared(True)
    if "user" in options:
        permissions = GstRtspServer.RTSPPermissions()
        permissions.add_permission_for_role("user", "media.factory.access", True)
        permissions.add_permission_for_role("user", "media.factory.construct", True)
        factory.set_permissions(permissions)
    server.get_mount_points().add_factory(path, factory)

loop = GLib.MainLoop()
if server.attach(None) == 0:
    sys.exit("the port is taken")
print(f"ready {server.get_bound_port()}", flush=True)


def until_closed():
    sys.stdin.buffer.read()
    loop.quit()


threading.Thread(target=until_closed, daemon=True).start()
loop.run()
