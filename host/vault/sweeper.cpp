#include "vault/sweeper.h"

namespace auricle::vault {

Sweeper::Sweeper(boost::asio::any_io_executor loop, Vault& vault) : vault_(vault), timer_(std::move(loop)) {
    vault_.onHeld([this] { sweep(); });
}

Sweeper::~Sweeper() {
    vault_.onHeld({});
}

void Sweeper::sweep() {
    const auto next = vault_.wipeOverdue();
    if (!next) return;
    timer_.expires_after(*next);
    timer_.async_wait([this](auto fault) {
        if (!fault) sweep();
    });
}

}  // namespace auricle::vault
