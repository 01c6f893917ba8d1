"""The worker's sources as one message, so that nothing of ours has to be in an image. Runs on the host."""

import json
from collections.abc import Mapping
from importlib.resources import files

MODULES = (
    "frames",
    "seccomp",
    "codec",
    "wire",
    "candidate",
    "refusals",
    "judge",
    "capture",
    "processes",
    "cleaning",
    "assertions",
    "standin",
    "statements",
    "testing",
    "grading",
    "rehearsal",
    "temporary",
    "zygote",
    "streams",
    "fetching",
    "monitor",
    "cells",
    "folders",
    "keeper",
    "worker",
)
"""In the order of their imports; each needs the standard library and those before it alone."""

START = """
import sys,types,json,os,struct
def take(n):
    b=b''
    while len(b)<n:
        p=os.read(0,n-len(b))
        if not p: os._exit(0)
        b+=p
    return b
message=json.loads(take(struct.unpack('>I',take(4))[0]))
package=types.ModuleType('tools'); package.__path__=[]; sys.modules['tools']=package
for name,source in message['sources']:
    module=types.ModuleType('tools.'+name); sys.modules['tools.'+name]=module; setattr(package,name,module)
    exec(compile(source,'tools/'+name+'.py','exec'),module.__dict__)
sys.path.append('/usr/lib/python3/dist-packages')
settings=message['settings']
message=source=None
from tools.processes import Settings
from tools.worker import serve
serve(Settings(**{key:tuple(value) if isinstance(value,list) else value for key,value in settings.items()}))
"""
"""The program that the box's interpreter is started with: takes the message and becomes the worker."""


def message(settings: Mapping[str, object]) -> bytes:
    """`settings` are the fields of `tools.processes.Settings`, as JSON values."""
    folder = files("tools")
    sources = [(name, (folder / f"{name}.py").read_text(encoding="utf-8")) for name in MODULES]
    return json.dumps({"sources": sources, "settings": dict(settings)}).encode()
