// How a site looks at streams behind a page of its own: with its judgement of every hop and every answer.
#pragma once

#include "sites/site.h"
#include "streams/way.h"

namespace auricle::sites {

/// Borrows all three for as long as it is used.
streams::Visit streamVisit(const Site& site, const Page& page, const Visit& visit);

}  // namespace auricle::sites
