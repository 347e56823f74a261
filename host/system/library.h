// A shared library that is loaded when it is first needed, not when the program starts.
#pragma once

namespace auricle {

/// Loaded for the rest of the process' life: code in it may run until the very end. Throws
/// std::runtime_error, with the library's name and what the system says, when it is missing or has no such
/// symbol.
class Library {
  public:
    explicit Library(const char* name);
    template <class Function>
    void find(Function*& into, const char* symbol) const {
        into = reinterpret_cast<Function*>(find(symbol));
    }

  private:
    void* find(const char* symbol) const;
    const char* name_;
    void* handle_;
};

}  // namespace auricle
