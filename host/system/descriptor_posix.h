// A descriptor that is closed when it goes out of scope, and a pipe of two of them.
#pragma once

#include <utility>

namespace auricle {

class Descriptor {
  public:
    /// Takes it over; a negative number is none.
    explicit Descriptor(int number = -1) noexcept : number_(number) {}
    Descriptor(Descriptor&& other) noexcept : number_(other.release()) {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        if (this != &other) {
            close();
            number_ = other.release();
        }
        return *this;
    }
    ~Descriptor() { close(); }

    int number() const noexcept { return number_; }
    bool isOpen() const noexcept { return number_ >= 0; }
    int release() noexcept { return std::exchange(number_, -1); }
    void close() noexcept;

  private:
    int number_;
};

struct Pipe {
    Descriptor read, write;
    /// Both are closed on exec. False, and errno says why, where the system gives none.
    bool open();
};

}  // namespace auricle
