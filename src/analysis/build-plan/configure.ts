/** The commands that configure, build and install with memory debugging, in the build system of each era. */
import type { Build } from "../../kamailio/binary/build.js";
import { BUILD_SYSTEM, type BuildSystem, factAt } from "../../kamailio/knowledge/releases.js";
import { compareVersions, readVersion, type Version } from "../../kamailio/version.js";

export type BuildTool = "makefile_defs" | "make_flavour" | "make_memmng" | "make_memdbg" | "cmake";

export interface Compilation {
  tool: BuildTool;
  configure: string[];
  build: string[];
  install: string[];
  notes: string[];
}

/** The first release whose make knows MEMDBG (Makefile.defs:170@3.1); older ones have the defines written out in Makefile.defs. */
const MEMDBG_SINCE = "3.1.0";
/** The upstream packages are built with cmake from here on. */
const CMAKE_IS_USUAL_SINCE = "6.1.0";
/** From here on a cmake build prints its system in lower case as make does (commit c5fd2d7064). */
const CMAKE_LOWER_CASE_SINCE = "6.2.0";

/**
 * The build system that made this build: cmake prints the system as "Linux", make as "linux" (6.0 to 6.1). In 6.0.0 to 6.0.3 make is taken
 * even for a cmake build, whose MEM_JOIN_FREE never becomes a define: its free fragments are never joined.
 */
export function buildToolOf(build: Build, version: Version): BuildTool | null {
  const system = factAt(BUILD_SYSTEM, version);
  if (system === null) return null;
  if (isBefore(version, MEMDBG_SINCE)) return "makefile_defs";
  if (system.cmake_option !== null && system.cmake_joins && wasCmake(build, version)) return "cmake";
  const make: Record<BuildSystem["make"], BuildTool> = {
    sip_router: "make_flavour",
    memmng: "make_memmng",
    memdbg: "make_memdbg",
  };
  return make[system.make];
}

function wasCmake(build: Build, version: Version): boolean {
  if (build.operating_system === "Linux") return true;
  if (!isBefore(version, CMAKE_LOWER_CASE_SINCE) || build.operating_system === null)
    return !isBefore(version, CMAKE_IS_USUAL_SINCE);
  return false;
}

function isBefore(version: Version, text: string): boolean {
  const other = readVersion(text);
  return other !== null && compareVersions({ ...version, suffix: null }, other) < 0;
}

/** `prefix` is already quoted; `modules` is what stands between double quotes. */
export function compilation(tool: BuildTool, version: Version, prefix: string, modules: string): Compilation {
  const make = (variables: string): Compilation => ({
    tool,
    configure: [`make ${variables} PREFIX=${prefix} include_modules="${modules}" cfg`],
    build: ["make all"],
    install: ["sudo make install"],
    notes: [
      "MEMDBG is read by `make cfg` alone: in a tree that was configured before, run `make distclean` first and build core and modules anew.",
    ],
  });
  switch (tool) {
    case "make_flavour":
      return make("FLAVOUR=kamailio MEMDBG=1");
    case "make_memmng":
      return make("MEMMNG=1 MEMDBG=1");
    case "make_memdbg": {
      const compiled = make("MEMDBG=1");
      return {
        ...compiled,
        notes: [...compiled.notes, "MEMMNG is a dead variable since 4.4: all managers are compiled in, -x and -X choose."],
      };
    }
    case "cmake":
      return cmake(factAt(BUILD_SYSTEM, version)?.cmake_option ?? "MEMDBG", prefix, modules);
    case "makefile_defs":
      return {
        tool,
        configure: [
          "cp Makefile.defs Makefile.defs.before",
          "sed -i -e 's/^\\([[:space:]]*\\)#\\{0,1\\}-DF_MALLOC /\\1-DDBG_QM_MALLOC /' Makefile.defs",
          "grep -n 'DBG_QM_MALLOC\\|F_MALLOC' Makefile.defs",
        ],
        build: [`make PREFIX=${prefix} include_modules="${modules}" all`],
        install: [`sudo make PREFIX=${prefix} include_modules="${modules}" install`],
        notes: [
          "Releases before 3.1 have no MEMDBG: Makefile.defs must define DBG_QM_MALLOC and must not define F_MALLOC. By analogy: not tried.",
        ],
      };
  }
}

function cmake(option: string, prefix: string, modules: string): Compilation {
  return {
    tool: "cmake",
    configure: [
      `cmake -S . -B build-memdbg -D${option}=ON -DINCLUDE_MODULES="${modules}" -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_INSTALL_PREFIX=${prefix}`,
    ],
    build: ['cmake --build build-memdbg -j"$(nproc)"'],
    install: ["sudo cmake --install build-memdbg"],
    notes: [
      `A build directory remembers its options: use a new one. ${option} is ON unless someone turned it off.`,
      "INCLUDE_MODULES is separated by spaces and comes on top of the group DEFAULT (-DMODULE_GROUP_NAME).",
    ],
  };
}
