/* Both directions from lists that have one or both. */
#include "flow.h"

#include "check.h"

#define NONE (-1)

/* clang-format off */
static const struct {
	const char *name;
	struct step {
		uint64_t at_ms;
		int64_t import, export; /* as said; NONE: not in the list */
		int64_t import_taken, export_taken; /* as counted */
		bool known;
		int64_t net;
	} steps[5];
} cases[] = {
	{ "import alone, from a meter of which nothing else is known", {
		{ 0, 500, NONE, 500, NONE, false, 0 }, { 2000, 600, NONE, 600, NONE, false, 0 } } },
	{ "both in every list", {
		{ 0, 500, 0, 500, 0, true, 500 }, { 1000, 0, 300, 0, 300, true, -300 }, { 2000, 0, 0, 0, 0, true, 0 } } },
	{ "import says that nothing is sold", {
		{ 0, 0, 300, 0, 300, true, -300 }, { 2000, 500, NONE, 500, 0, true, 500 } } },
	{ "no import: it is sold on", {
		{ 0, 0, 300, 0, 300, true, -300 }, { 2000, 0, NONE, 0, 300, false, 0 }, { 10000, 0, 310, 0, 310, true, -310 },
		{ 12000, 0, NONE, 0, 310, true, -310 }, { 14000, 0, NONE, 0, 310, true, -310 } } },
	{ "no import, and nothing was sold: nobody knows", {
		{ 0, 0, 0, 0, 0, true, 0 }, { 2000, 0, NONE, 0, NONE, false, 0 } } },
	{ "each counts by itself", {
		{ 0, 200, 300, 200, 300, true, -100 }, { 10000, 200, 300, 200, 300, true, -100 }, { 12000, 500, NONE, 500, NONE, true, 200 } } },
	{ "the other one is too old", {
		{ 0, 1, 0, 1, 0, true, 1 }, { 10000, 1, 0, 1, 0, true, 1 }, { 30000, 0, NONE, 0, NONE, true, 0 }, { 30001, 0, NONE, 0, NONE, false, 0 } } },
	{ "a gap is no period", {
		{ 0, 1, 0, 1, 0, true, 1 }, { 10000, 1, 0, 1, 0, true, 1 }, { 900000, 1, 0, 1, 0, true, 1 }, { 930000, 0, NONE, 0, NONE, false, 0 } } },
};
/* clang-format on */

static void check_step(struct flow *flow, const struct step *step)
{
	struct flow_sample samples[FLOW_DIRECTIONS] = {
		{ step->import != NONE, step->import != NONE ? (uint64_t)step->import : 0 },
		{ step->export != NONE, step->export != NONE ? (uint64_t)step->export : 0 },
	};
	int64_t net = 4711;

	flow_take(flow, samples, 1000000 + step->at_ms);
	assert_int_equal(samples[FLOW_IMPORT].has, step->import_taken != NONE);
	assert_int_equal(samples[FLOW_EXPORT].has, step->export_taken != NONE);
	if (samples[FLOW_IMPORT].has)
		assert_int_equal(samples[FLOW_IMPORT].mw, step->import_taken);
	if (samples[FLOW_EXPORT].has)
		assert_int_equal(samples[FLOW_EXPORT].mw, step->export_taken);
	assert_int_equal(flow_net(flow, 1000000 + step->at_ms, &net), step->known);
	assert_true(net == (step->known ? step->net : 4711));
}

static void test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct flow flow = { 0 };

		say_case(cases[i].name);
		for (size_t n = 0; n < COUNT(cases[i].steps); n++) {
			if (n == 0 || cases[i].steps[n].at_ms > 0)
				check_step(&flow, &cases[i].steps[n]);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
	};

	return cmocka_run_group_tests_name("flow", tests, NULL, NULL);
}
