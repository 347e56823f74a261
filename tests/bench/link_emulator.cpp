// A link of given rates and round trip between two network namespaces: a TUN device in each, and what goes
// into one comes out of the other, late and no faster than its rate. A program of its own, since a namespace
// is entered by a whole process.
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::nanoseconds;

constexpr const char* deviceName = "slow0";
constexpr double bytesPerMbit = 1e6 / 8;
constexpr std::size_t maxPacketBytes = 2048;
/// What a queue holds besides one bandwidth-delay product.
constexpr double spareQueueBytes = 65536;
/// Read at one go from one side, before the other side is looked at again.
constexpr int burstPackets = 64;

struct Terms {
    double bytesPerSecond;
    nanoseconds oneWay;
    double queueBytes() const {
        return bytesPerSecond * 2 * std::chrono::duration<double>(oneWay).count() + spareQueueBytes;
    }
};

[[noreturn]] void complain(const std::string& what) {
    throw std::runtime_error(what + ": " + std::strerror(errno));
}

void enterNamespace(const std::string& name) {
    const int place = ::open(("/run/netns/" + name).c_str(), O_RDONLY | O_CLOEXEC);
    if (place < 0 || ::setns(place, CLONE_NEWNET) != 0) complain("cannot enter the namespace " + name);
    ::close(place);
}

/// The device belongs to the namespace in which it was opened, wherever this process goes then.
int openDevice(const std::string& space) {
    enterNamespace(space);
    const int device = ::open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (device < 0) complain("cannot open /dev/net/tun");
    ifreq request{};
    std::strncpy(request.ifr_name, deviceName, IFNAMSIZ - 1);
    request.ifr_flags = IFF_TUN | IFF_NO_PI;
    if (::ioctl(device, TUNSETIFF, &request) != 0) complain("cannot make a TUN device");
    return device;
}

/// What travels from one device to the other, in order. A packet that finds the queue full is dropped.
class Way {
  public:
    Way(int from, int to, const Terms& terms) : from_(from), to_(to), terms_(terms) {}

    void take() {
        for (int i = 0; i < burstPackets; ++i) {
            const ssize_t bytes = ::read(from_, buffer_.data(), buffer_.size());
            if (bytes <= 0) return;
            accept(static_cast<std::size_t>(bytes));
        }
    }

    /// Writes what has arrived by now; when the next will have, if any is under way.
    std::optional<Clock::time_point> deliver() {
        const auto now = Clock::now();
        while (!underWay_.empty() && underWay_.front().due <= now) {
            const auto& bytes = underWay_.front().bytes;
            // A receiver that has no room loses the packet, as behind a real link.
            [[maybe_unused]] const ssize_t count = ::write(to_, bytes.data(), bytes.size());
            underWay_.pop_front();
        }
        if (underWay_.empty()) return std::nullopt;
        return underWay_.front().due;
    }

  private:
    struct Packet {
        Clock::time_point due;
        std::vector<char> bytes;
    };

    nanoseconds timeFor(double bytes) const {
        return nanoseconds(static_cast<nanoseconds::rep>(1e9 * bytes / terms_.bytesPerSecond));
    }

    void accept(std::size_t bytes) {
        const auto now = Clock::now();
        const auto begins = std::max(now, freeAt_);
        if (begins - now + timeFor(static_cast<double>(bytes)) > timeFor(terms_.queueBytes())) return;
        freeAt_ = begins + timeFor(static_cast<double>(bytes));
        underWay_.push_back({freeAt_ + terms_.oneWay,
                             {buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(bytes)}});
    }

    int from_, to_;
    Terms terms_;
    Clock::time_point freeAt_{};  ///< when the last byte that was accepted has left the queue
    std::deque<Packet> underWay_;
    std::array<char, maxPacketBytes> buffer_{};
};

std::optional<Clock::time_point> earlier(std::optional<Clock::time_point> a,
                                         std::optional<Clock::time_point> b) {
    if (!a || !b) return a ? a : b;
    return std::min(*a, *b);
}

void waitFor(std::array<pollfd, 2>& devices, std::optional<Clock::time_point> due) {
    timespec left{};
    if (due) {
        const auto nanos = std::max<nanoseconds::rep>(0, nanoseconds(*due - Clock::now()).count());
        left = {.tv_sec = nanos / 1'000'000'000, .tv_nsec = nanos % 1'000'000'000};
    }
    ::ppoll(devices.data(), devices.size(), due ? &left : nullptr, nullptr);
}

[[noreturn]] void carry(int first, int second, const Terms& termsThere, const Terms& termsBack) {
    Way there(first, second, termsThere), back(second, first, termsBack);
    std::array<pollfd, 2> devices{pollfd{.fd = first, .events = POLLIN, .revents = 0},
                                  pollfd{.fd = second, .events = POLLIN, .revents = 0}};
    for (;;) {
        const auto dueThere = there.deliver(), dueBack = back.deliver();
        waitFor(devices, earlier(dueThere, dueBack));
        there.take();
        back.take();
    }
}

/// A link does not wait for a CPU. Without the right to this it is a link with some jitter.
void comeFirst() {
    const sched_param first{.sched_priority = 1};
    ::sched_setscheduler(0, SCHED_FIFO, &first);
    ::prctl(PR_SET_TIMERSLACK, 1000UL);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 5 && argc != 6) {
        std::fputs(
            "usage: link_emulator NAMESPACE NAMESPACE MBIT_PER_SECOND ROUND_TRIP_MS [MBIT_PER_SECOND_BACK]\n",
            stderr);
        return 2;
    }
    try {
        ::prctl(PR_SET_PDEATHSIG, SIGTERM);
        const nanoseconds oneWay(static_cast<nanoseconds::rep>(std::atof(argv[4]) * 1e6 / 2));
        const Terms there{.bytesPerSecond = std::atof(argv[3]) * bytesPerMbit, .oneWay = oneWay};
        const Terms back{.bytesPerSecond = std::atof(argv[argc == 6 ? 5 : 3]) * bytesPerMbit,
                         .oneWay = oneWay};
        if (there.bytesPerSecond <= 0 || back.bytesPerSecond <= 0)
            throw std::runtime_error("a link needs a rate");
        const int first = openDevice(argv[1]), second = openDevice(argv[2]);
        comeFirst();
        std::puts("ready");
        std::fflush(stdout);
        carry(first, second, there, back);
    } catch (const std::exception& problem) {
        std::fprintf(stderr, "link_emulator: %s\n", problem.what());
        return 1;
    }
}
