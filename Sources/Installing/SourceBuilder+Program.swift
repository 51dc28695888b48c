extension SourceBuilder {
  /// The front end of a build (PEP 517), run with nothing on its path but the standard library. Wheels of
  /// build requirements lie beside it; what it writes to descriptor 3 is the wheel's name and the wheel.
  static let program = #"""
    import sys

    # The directory of this file. Python's -I would leave it out, and PYTHONHASHSEED unread.
    del sys.path[0]
    import glob, importlib, os, re, shutil, site, tarfile, zipfile

    here, source = os.getcwd(), sys.argv[1]
    os.umask(0o022)
    modules, programs, unpacked, made = (os.path.join(here, n) for n in ("modules", "bin", "source", "wheel"))
    for directory in (modules, programs, unpacked, made):
        os.mkdir(directory)

    # As an installer puts them, as far as a build needs it.
    for wheel in sorted(glob.glob(os.path.join(here, "*.whl"))):
        with zipfile.ZipFile(wheel) as archive:
            for name in sorted(archive.namelist()):
                if name.endswith("/"):
                    continue
                parts = name.split("/")
                if ".." in parts or name.startswith("/"):
                    sys.exit(f"{wheel}: {name} leads out of it")
                target = os.path.join(modules, *parts)
                if parts[0].endswith(".data") and len(parts) > 2:
                    base = {"scripts": programs, "purelib": modules, "platlib": modules}.get(parts[1])
                    if base is None:
                        continue
                    target = os.path.join(base, *parts[2:])
                os.makedirs(os.path.dirname(target), exist_ok=True)
                with archive.open(name) as content, open(target, "wb") as file:
                    shutil.copyfileobj(content, file)
                if parts[0].endswith(".data") and parts[1] == "scripts":
                    os.chmod(target, 0o755)
    for entry in sorted(glob.glob(os.path.join(modules, "*.dist-info", "entry_points.txt"))):
        section = ""
        for line in open(entry, encoding="utf-8"):
            line = line.split("#")[0].strip()
            if line.startswith("["):
                section = line
            elif "=" in line and section == "[console_scripts]":
                name, target = (part.strip() for part in line.split("=", 1))
                module, _, attribute = target.split("[")[0].strip().partition(":")
                path = os.path.join(programs, os.path.basename(name))
                with open(path, "w", encoding="utf-8") as file:
                    file.write(f"#!/usr/bin/python3\nimport sys, {module}\nsys.exit({module}.{attribute}())\n")
                os.chmod(path, 0o755)

    if source.endswith(".zip"):
        with zipfile.ZipFile(os.path.join(here, source)) as archive:
            archive.extractall(unpacked)
    else:
        with tarfile.open(os.path.join(here, source)) as archive:
            for member in archive.getmembers():
                parts = member.name.split("/")
                if member.name.startswith("/") or ".." in parts:
                    sys.exit(f"{source}: {member.name} leads out of it")
                member.uid = member.gid = 0
                member.uname = member.gname = ""
            archive.extractall(unpacked)
    tops = os.listdir(unpacked)
    if len(tops) != 1:
        sys.exit(f"{source}: expected one directory, found {len(tops)}")
    project = os.path.join(unpacked, tops[0])
    os.chdir(project)

    system = {}
    if os.path.exists("pyproject.toml"):
        import tomllib
        with open("pyproject.toml", "rb") as file:
            system = tomllib.load(file).get("build-system", {})
    backend = system.get("build-backend", "setuptools.build_meta:__legacy__")
    os.environ["PATH"] = programs + ":" + os.environ["PATH"]
    os.environ["PYTHONPATH"] = modules
    site.addsitedir(modules)
    sys.path.remove(modules)
    sys.path.insert(0, modules)
    for directory in reversed(system.get("backend-path", [])):
        path = os.path.realpath(os.path.join(project, directory))
        if path != project and not path.startswith(project + "/"):
            sys.exit(f"backend-path {directory} leads out of the source")
        sys.path.insert(0, path)
    module, _, attribute = backend.partition(":")
    hooks = importlib.import_module(module)
    for name in filter(None, attribute.split(".")):
        hooks = getattr(hooks, name)

    def present(requirement):
        import importlib.metadata
        name = re.match(r"[A-Za-z0-9._-]+", requirement.strip())
        try:
            return importlib.metadata.version(name[0]) is not None
        except importlib.metadata.PackageNotFoundError:
            return False

    if hasattr(hooks, "get_requires_for_build_wheel"):
        for requirement in hooks.get_requires_for_build_wheel({}):
            if ";" not in requirement and not present(requirement):
                sys.exit(f"the build requirement {requirement} is asked for by the backend and not locked")
    name = hooks.build_wheel(made, {}, None)
    with open(os.path.join(made, os.path.basename(name)), "rb") as wheel, os.fdopen(3, "wb") as answer:
        answer.write(os.path.basename(name).encode() + b"\n")
        shutil.copyfileobj(wheel, answer)

    """#
}
