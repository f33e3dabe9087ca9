// string.format: %a %c %d %e %f %g %i %o %s %x %A %E %G %X %% with flags, a width and a precision of at most two digits
// each. Not %p (addresses) and not %q (there is no load to read it back).
#pragma once

#include <lua.hpp>

namespace slipway::app {

int string_format(lua_State* lua);

}  // namespace slipway::app
