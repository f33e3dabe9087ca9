// The one place where Asio itself is compiled (BOOST_ASIO_SEPARATE_COMPILATION).
#include <boost/asio/impl/src.hpp>
#include <boost/asio/ssl/impl/src.hpp>

#include "base/cancelled_wait.h"

namespace boost::asio::detail {

void throw_error(error::basic_errors error, const char* location) {
    do_throw_error(error::make_error_code(error), location);
    std::unreachable();
}

}  // namespace boost::asio::detail
