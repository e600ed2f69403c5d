/*
 * The outside of a workbook: a zip archive (libzip) of XML parts (expat). This is where hostile files are
 * refused: archives that unpack to far more than they are, encrypted ones, doubled names and names that
 * climb out of the archive, document type declarations (and with them every entity, internal or external).
 * Nothing is ever unpacked to disk.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/mem.h"
#include "intake/rows_reader.h"

struct xlsx_package;

/* name is for messages and must outlive the package, as must input->data. */
int xlsx_package_open(const char *name, const struct rows_input *input, struct xlsx_package **ret,
	struct cf_error *err) CF_MUST_USE;
struct xlsx_package *xlsx_package_close(struct xlsx_package *p);
CF_DEFINE_CLEANUP(struct xlsx_package, xlsx_package_close);
#define CF_CLEANUP_PACKAGE CF_CLEANUP(xlsx_package_close_ptr)
const char *xlsx_package_name(const struct xlsx_package *p);
bool xlsx_package_has(const struct xlsx_package *p, const char *part);
/* What the part says it unpacks to; 0 when it is not there. */
uint64_t xlsx_package_size(const struct xlsx_package *p, const char *part);

/* *ret: whether the word may stand in the part, in an encoding that keeps ASCII, or the part has another
 * encoding; false is certain. Unpacks the part without parsing it; adds its bytes to *n_bytes. */
int xlsx_package_may_contain(struct xlsx_package *p, const char *part, const char *word, bool *ret,
	uint64_t *n_bytes, struct cf_error *err) CF_MUST_USE;

struct xlsx_xml;

/* Names come without their namespace prefix. A handler may call xlsx_xml_pause and xlsx_xml_fail. */
struct xlsx_handlers {
	void (*start)(struct xlsx_xml *x, const char *name, const char **attributes);
	void (*end)(struct xlsx_xml *x, const char *name);         /* may be NULL */
	void (*text)(struct xlsx_xml *x, const char *s, size_t n); /* may be NULL */
	void *context;
};

/* part (which must outlive it) is the name in the archive; CF_E_INPUT when it is not there. */
int xlsx_xml_open(struct xlsx_package *p, const char *part, const struct xlsx_handlers *handlers,
	struct xlsx_xml **ret, struct cf_error *err) CF_MUST_USE;
struct xlsx_xml *xlsx_xml_close(struct xlsx_xml *x);
CF_DEFINE_CLEANUP(struct xlsx_xml, xlsx_xml_close);
#define CF_CLEANUP_XML CF_CLEANUP(xlsx_xml_close_ptr)
void *xlsx_xml_context(const struct xlsx_xml *x);
/* 1 when a handler paused, 0 at the end, negative on error. */
int xlsx_xml_run(struct xlsx_xml *x, struct cf_error *err) CF_MUST_USE;
void xlsx_xml_pause(struct xlsx_xml *x);
/* Ends the run with this code and message. */
void xlsx_xml_fail(struct xlsx_xml *x, int code, const char *format, ...) CF_PRINTF(3, 4);
uint64_t xlsx_xml_bytes(const struct xlsx_xml *x);
/* Opens, runs to the end and closes. */
int xlsx_xml_read(struct xlsx_package *p, const char *part, const struct xlsx_handlers *handlers,
	struct cf_error *err) CF_MUST_USE;

/* The value of an attribute by its name without prefix, or NULL. */
const char *xlsx_attribute(const char **attributes, const char *name);
