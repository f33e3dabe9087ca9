#include "deploy/check/check.h"

namespace slipway::deploy {

Findings check_contradictions(const Subject& subject) {
    Findings findings;
    for (const auto part :
         {check_zones, check_addresses, check_statements, check_hosts, check_streams, check_files, check_public_objects,
          check_images, check_secrets, check_sources, check_deployments, check_application, check_rights})
        part(subject, findings);
    return findings;
}

}  // namespace slipway::deploy
