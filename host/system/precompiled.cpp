#include "system/precompiled.h"
