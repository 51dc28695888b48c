// libcurl, with one typed function for each kind of option: Swift cannot call variadic functions.
#pragma once
#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>

/// CURLOPT_WRITEFUNCTION and CURLOPT_HEADERFUNCTION.
typedef size_t (*ccurl_receiver)(char *bytes, size_t size, size_t count, void *context);

static inline CURLcode ccurl_set_long(CURL *handle, CURLoption option, long value) {
  return curl_easy_setopt(handle, option, value);
}
static inline CURLcode ccurl_set_string(CURL *handle, CURLoption option, const char *value) {
  return curl_easy_setopt(handle, option, value);
}
static inline CURLcode ccurl_set_pointer(CURL *handle, CURLoption option, void *value) {
  return curl_easy_setopt(handle, option, value);
}
static inline CURLcode ccurl_set_list(CURL *handle, CURLoption option, struct curl_slist *value) {
  return curl_easy_setopt(handle, option, value);
}
static inline CURLcode ccurl_set_receiver(CURL *handle, CURLoption option, ccurl_receiver value) {
  return curl_easy_setopt(handle, option, value);
}
static inline CURLMcode ccurl_multi_set_long(CURLM *multi, CURLMoption option, long value) {
  return curl_multi_setopt(multi, option, value);
}

/// curl_version_info(3) for the header's age, whose name is a macro.
static inline const curl_version_info_data *ccurl_version(void) { return curl_version_info(CURLVERSION_NOW); }

/// CURLAUTH_BEARER, whose cast Swift cannot read.
static const long ccurl_auth_bearer = (long)CURLAUTH_BEARER;

/// 0 for what is not known.
static inline long ccurl_long(CURL *handle, CURLINFO info) {
  long value = 0;
  curl_easy_getinfo(handle, info, &value);
  return value;
}
/// -1 for what is not known.
static inline curl_off_t ccurl_offset(CURL *handle, CURLINFO info) {
  curl_off_t value = -1;
  curl_easy_getinfo(handle, info, &value);
  return value;
}
/// NULL for what is not known; owned by the handle.
static inline const char *ccurl_string(CURL *handle, CURLINFO info) {
  char *value = NULL;
  curl_easy_getinfo(handle, info, &value);
  return value;
}
