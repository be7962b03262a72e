/* Dice in plain C: a method, a filter of messages, configuration and the host's randomness. */

#include <parley/c.h>
#include <parley/parley.h>

#include <stdio.h>

enum { MOST_DICE = 100 };

/* A plugin is never entered by two threads at once, and one host is enough for one library. */
static struct {
  const parley_host* host;
  const parley_call_api* calls;
  const parley_value_api* values;
  const parley_config_api* config;
  const parley_env_api* env;
} plugin;

/* 1 to sides, each as likely as the others; 0 where the host has no randomness. */
static int roll_one(int sides) {
  const uint32_t limit = UINT32_MAX - UINT32_MAX % (uint32_t)sides;
  uint32_t drawn;
  do {
    if (plugin.env->random(plugin.host, &drawn, sizeof drawn) != PARLEY_OK) return 0;
  } while (drawn >= limit);
  return (int)(drawn % (uint32_t)sides) + 1;
}

/* Fills `dice`, and gives their sum; 0 where there are more than the operator allows. */
static int roll(int count, int sides, int* dice) {
  parley_value config;
  int sum = 0;
  if (plugin.config->read(plugin.host, &config) != PARLEY_OK) return 0;
  if (count > parley_field(plugin.values, config, "most").as.integer) return 0;
  for (int i = 0; i < count; ++i) {
    dice[i] = roll_one(sides);
    if (dice[i] == 0) return 0;
    sum += dice[i];
  }
  return sum;
}

/* dice.roll. The parameters are within what plugin.yaml says: the host has looked. */
static void on_roll(void* user, parley_call call, parley_value params) {
  const int count = (int)parley_field(plugin.values, params, "count").as.integer;
  const int sides = (int)parley_field(plugin.values, params, "sides").as.integer;
  const parley_str names[] = {parley_text("dice"), parley_text("sum")};
  int dice[MOST_DICE];
  parley_slot slots[MOST_DICE], result[2];
  parley_value all, reply;
  parley_status status;
  const int sum = roll(count, sides, dice);
  (void)user;
  if (sum == 0) {
    parley_refuse(plugin.calls, call, "too_many_dice", "So many dice do not fit on the table.");
    return;
  }
  for (int i = 0; i < count; ++i) slots[i] = parley_integer_slot(dice[i]);
  status = plugin.values->array(call, slots, (uint32_t)count, &all);
  result[0] = parley_value_slot(PARLEY_ARRAY, all);
  result[1] = parley_integer_slot(sum);
  if (status == PARLEY_OK) status = plugin.values->object(call, names, result, 2, &reply);
  if (status == PARLEY_OK)
    plugin.calls->finish(call, reply);
  else
    parley_give_up(plugin.calls, call, status);
}

/* message.before_send: "/roll 2d6" becomes what was rolled; other messages pass as they are. */
static void on_message(void* user, parley_call call, parley_value draft) {
  const parley_str names[] = {parley_text("conversation"), parley_text("sender"),
                              parley_text("text")};
  parley_slot fields[3];
  char command[32], text[64];
  int count, sides, end = 0, dice[MOST_DICE], sum = 0;
  parley_value replaced = 0;
  (void)user;
  if (plugin.values->fields(draft, names, 3, fields) != PARLEY_OK) {
    parley_give_up(plugin.calls, call, PARLEY_E_FAILED);
    return;
  }
  if (fields[2].as.text.len < sizeof command) {
    snprintf(command, sizeof command, "%.*s", (int)fields[2].as.text.len, fields[2].as.text.ptr);
    if (sscanf(command, "/roll %3dd%4d%n", &count, &sides, &end) == 2 && command[end] == 0 &&
        count >= 1 && count <= MOST_DICE && sides >= 2)
      sum = roll(count, sides, dice);
  }
  if (sum > 0) {
    snprintf(text, sizeof text, "rolled %dd%d: %d", count, sides, sum);
    fields[2] = parley_text_slot(parley_text(text));
    if (plugin.values->object(call, names, fields, 3, &replaced) != PARLEY_OK) replaced = 0;
  }
  plugin.calls->finish(call, replaced); /* 0: as it is */
}

PARLEY_EXPORT parley_status parley_plugin_entry_v1(const parley_host* host, parley_plugin* out);
PARLEY_EXPORT parley_status parley_plugin_entry_v1(const parley_host* host, parley_plugin* out) {
  parley_status status;
  (void)out; /* nothing to start, stop or free */
  plugin.host = host;
  plugin.calls = PARLEY_QUERY(host, parley_call_api, PARLEY_CALL_INTERFACE);
  plugin.values = PARLEY_QUERY(host, parley_value_api, PARLEY_VALUE_INTERFACE);
  plugin.config = PARLEY_QUERY(host, parley_config_api, PARLEY_CONFIG_INTERFACE);
  plugin.env = PARLEY_QUERY(host, parley_env_api, PARLEY_ENV_INTERFACE);
  if (!plugin.calls || !plugin.values || !plugin.config || !plugin.env) return PARLEY_E_UNAVAILABLE;
  status = plugin.calls->provide(host, PARLEY_METHOD, parley_text("dice.roll"), on_roll, NULL);
  if (status != PARLEY_OK) return status;
  return plugin.calls->provide(host, PARLEY_HOOK, parley_text("message.before_send"), on_message,
                               NULL);
}
