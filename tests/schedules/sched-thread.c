/* Copyright The PolySocket authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include <string.h>

#include "sched-private.h"
#include "sched-primitives.h"

/* Threads that are not of the scenario, such as the library's worker, are made once and go on from
 * run to run. */
#define MAX_THREADS (SCHED_MAX_SCENARIO_THREADS + 1)

/* Whoever has looked so often at what does not change waits for the change. */
#define MAX_PATIENCE 5000

/* Nothing in a scenario takes so many. */
#define MAX_STEPS 200000

typedef enum
{
  STATE_NONE,
  STATE_RUNS,
  STATE_WANTS_MUTEX,
  STATE_SLEEPS, /* on a condition */
  STATE_WAITS,  /* for a predicate */
  STATE_FINISHED,
} State;

struct _SchedThread
{
  SchedCoroutine *coroutine;
  GThreadFunc func;
  gpointer data;
  gpointer result;
  gboolean is_daemon;

  State state;
  GMutex *mutex; /* wanted, or to be wanted after sleeping */
  GCond *cond;
  guint64 sleep_serial; /* who sleeps longest is woken first */
  gboolean has_deadline;
  gboolean is_in_time;
  gint64 deadline;
  gboolean (*predicate) (gpointer data);
  gpointer predicate_data;

  GHashTable *privates; /* (owned) (nullable) */
  gboolean lingers;        /* it has stepped aside, and since then only looked */
  guint64 linger_n_writes; /* what n_writes was then */
  guint patience;

  gint64 now;   /* each has a clock of its own: what one reads must not depend on others */
  guint64 past; /* a hash of what has happened to it, and before that elsewhere */
};

/* What threads share. */
typedef struct
{
  gpointer owner; /* (nullable) a mutex's */
  guint64 written;
  guint64 n_read; /* the sum of the hashes of those that have read it since */
  guint64 seen[MAX_THREADS]; /* by each thread: what n_writes was when it last used this, and one */
} Thing;

static SchedThread threads[MAX_THREADS];
static SchedThread *current; /* (nullable) NULL before they start and after they have finished */
static SchedThread outside;
static const SchedScenario *running;
static GHashTable *things; /* (element-type gpointer Thing) */
static struct
{
  gconstpointer object;
  Thing *thing;
} recent[256]; /* so that who looks again and again finds it fast */
static guint64 n_sleeps;
static guint n_steps;
static guint64 n_writes; /* by all threads, to anything */

/* Their pasts. */

static guint64
mix (guint64 a,
     guint64 b)
{
  a ^= b + G_GUINT64_CONSTANT (0x9e3779b97f4a7c15) + (a << 6) + (a >> 2);
  a ^= a >> 30;
  a *= G_GUINT64_CONSTANT (0xbf58476d1ce4e5b9);
  a ^= a >> 27;
  a *= G_GUINT64_CONSTANT (0x94d049bb133111eb);
  return a ^ (a >> 31);
}

static Thing *
get_thing (gconstpointer object)
{
  guint slot = (guint) (GPOINTER_TO_SIZE (object) >> 3) % G_N_ELEMENTS (recent);
  Thing *thing;

  if (recent[slot].thing != NULL && recent[slot].object == object)
    return recent[slot].thing;

  thing = g_hash_table_lookup (things, object);
  if (thing == NULL)
    {
      thing = g_new0 (Thing, 1);
      g_hash_table_insert (things, (gpointer) object, thing);
    }
  recent[slot].object = object;
  recent[slot].thing = thing;
  return thing;
}

static void
trace (gconstpointer  object,
       const char    *deed,
       const char    *where)
{
  if (sched_is_tracing () && current != NULL)
    g_test_message ("%c %s %p at %s", (char) ('A' + (current - threads)), deed, object, where);
}

void
sched_touch (gconstpointer  object,
             SchedAccess    access,
             const char    *where)
{
  static const char *const deeds[] = { "reads", "writes", "locks" };
  Thing *thing;

  if (current == NULL)
    return;

  trace (object, deeds[access], where);
  thing = get_thing (object);
  if (access == SCHED_READS)
    {
      current->past = mix (current->past, thing->written);
      thing->n_read += current->past;
    }
  else
    {
      current->past = mix (mix (current->past, thing->written), thing->n_read);
      thing->written = current->past;
      thing->n_read = 0;
    }

  /* Who locks only to look changes nothing. */
  if (access == SCHED_WRITES || (access == SCHED_LOCKS && !current->lingers))
    {
      current->lingers = FALSE;
      n_writes++;
    }
  thing->seen[current - threads] = n_writes + 1;
}

/* It is made, or made again at the same address. */
void
sched_forget (gconstpointer object)
{
  memset (recent, 0, sizeof recent);
  g_hash_table_remove (things, object);
}

static guint64
get_state_hash (void)
{
  guint64 hash = (guint64) (current - threads);
  guint i;

  for (i = 0; i < MAX_THREADS; i++)
    hash = mix (hash, threads[i].state == STATE_NONE ? 0 : threads[i].past);
  return hash;
}

/* Who can run. */

static gboolean
is_free (GMutex *mutex)
{
  return get_thing (mutex)->owner == NULL;
}

static gboolean
can_run (SchedThread *self)
{
  switch (self->state)
    {
    case STATE_RUNS:
      return TRUE;
    case STATE_WANTS_MUTEX:
      return is_free (self->mutex);
    case STATE_SLEEPS:
      return self->has_deadline && is_free (self->mutex);
    case STATE_WAITS:
      return self->predicate (self->predicate_data);
    case STATE_NONE:
    case STATE_FINISHED:
    default:
      return FALSE;
    }
}

static gboolean
is_stuck (SchedThread *self)
{
  return self->state != STATE_NONE && self->state != STATE_FINISHED && !self->is_daemon;
}

static void
fail_stuck (void)
{
  static const char *const states[] = {
    "is not there", "runs", "wants a lock", "sleeps", "waits", "has finished"
  };
  GString *text = g_string_new ("a lost wake-up or a deadlock:");
  guint i;

  for (i = 0; i < MAX_THREADS; i++)
    {
      if (threads[i].state != STATE_NONE)
        g_string_append_printf (text, " %c %s;", 'A' + (int) i, states[threads[i].state]);
    }
  sched_fail (text->str);
}

/* @steps_aside: nobody is preempted if another goes on
 *
 * Returns: (nullable): who is next, NULL if all have finished */
static SchedThread *
choose (gboolean steps_aside)
{
  guint8 candidates[MAX_THREADS];
  gboolean goes_on = current != NULL && current->state != STATE_FINISHED && can_run (current);
  guint n = 0;
  guint i;

  if (++n_steps > MAX_STEPS)
    sched_fail ("a thread spins for ever");

  if (goes_on)
    candidates[n++] = (guint8) (current - threads);
  for (i = 0; i < MAX_THREADS; i++)
    {
      if (&threads[i] != current && can_run (&threads[i]))
        candidates[n++] = (guint8) i;
    }

  if (n == 0)
    {
      for (i = 0; i < MAX_THREADS; i++)
        {
          if (is_stuck (&threads[i]))
            fail_stuck ();
        }
      return NULL;
    }

  return &threads[sched_path_choose (candidates, n, !goes_on || steps_aside,
                                     get_state_hash ())];
}

static void
reschedule (gboolean steps_aside)
{
  SchedThread *self = current;
  SchedThread *next = choose (steps_aside);

  if (next != self)
    {
      current = next;
      sched_coroutine_switch (self != NULL ? self->coroutine : NULL,
                              next != NULL ? next->coroutine : NULL,
                              self != NULL && self->state == STATE_FINISHED);
      current = self;
    }
}

/* Another thread may run before what comes now. */
void
sched_point (const char *where)
{
  if (current != NULL)
    reschedule (FALSE);
}

static gboolean
is_changed (gpointer data)
{
  return ((SchedThread *) data)->linger_n_writes != n_writes;
}

static void
wait_for (gboolean (*predicate) (gpointer data),
          gpointer   data)
{
  current->state = STATE_WAITS;
  current->predicate = predicate;
  current->predicate_data = data;
  reschedule (FALSE);
  current->state = STATE_RUNS;
}

/* The thread does not get on, and looks again and again until it does, or gives up. Either another
 * thread runs now, or none does before it gives up: once is enough to choose, for as long as
 * nothing changes. */
void
sched_step_aside (const char *where)
{
  SchedThread *self = current;

  if (self == NULL)
    return;

  if (self->lingers && !is_changed (self))
    {
      /* Without a trace: two of them would be each other's change. */
      if (++self->patience == MAX_PATIENCE)
        wait_for (is_changed, self);
      return;
    }

  trace (NULL, "steps aside", where);
  self->lingers = TRUE;
  self->linger_n_writes = n_writes;
  self->patience = 0;
  if (sched_is_lingering_tried ())
    reschedule (TRUE);
  /* What comes next is not what was chosen here. */
  self->past = mix (self->past, 2);
}

/* Whether a lingering thread reads again what it has read before, and nothing else has happened. */
gboolean
sched_is_idle_look (gconstpointer object)
{
  return current != NULL && current->lingers &&
         get_thing (object)->seen[current - threads] == n_writes + 1;
}

void
sched_wait_until (gboolean (*predicate) (gpointer data),
                  gpointer   data)
{
  wait_for (predicate, data);
  sched_touch (data, SCHED_WRITES, G_STRLOC);
}

/* Locks. Outside of the threads nobody has a lock. */

static gpointer
get_owner (void)
{
  return current != NULL ? current : &outside;
}

void
sched_mutex_lock (GMutex     *mutex,
                  const char *where)
{
  if (current != NULL && !(sched_is_idle_look (mutex) && is_free (mutex)))
    {
      current->state = STATE_WANTS_MUTEX;
      current->mutex = mutex;
      reschedule (FALSE);
      current->state = STATE_RUNS;
      sched_touch (mutex, SCHED_LOCKS, where);
    }

  if (!is_free (mutex))
    sched_fail ("a lock is taken twice");
  get_thing (mutex)->owner = get_owner ();
}

gboolean
sched_mutex_trylock (GMutex     *mutex,
                     const char *where)
{
  sched_point (where);
  sched_touch (mutex, SCHED_WRITES, where);
  if (!is_free (mutex))
    return FALSE;

  get_thing (mutex)->owner = get_owner ();
  return TRUE;
}

void
sched_mutex_unlock (GMutex *mutex)
{
  if (get_thing (mutex)->owner != get_owner ())
    sched_fail ("a lock is given back by a thread that does not have it");
  get_thing (mutex)->owner = NULL;
}

static gboolean
sleep_on (GCond      *cond,
          GMutex     *mutex,
          gboolean    has_deadline,
          gint64      deadline,
          const char *where)
{
  if (current == NULL)
    sched_fail ("somebody sleeps while no other thread runs");

  sched_touch (cond, SCHED_WRITES, where);
  sched_mutex_unlock (mutex);
  current->state = STATE_SLEEPS;
  current->cond = cond;
  current->mutex = mutex;
  current->sleep_serial = n_sleeps++;
  current->has_deadline = has_deadline;
  current->is_in_time = FALSE;
  reschedule (FALSE);

  current->state = STATE_RUNS;
  if (!current->is_in_time)
    {
      sched_touch (cond, SCHED_WRITES, "its deadline");
      current->past = mix (current->past, 1);
      current->now = MAX (current->now, deadline);
    }
  sched_touch (mutex, SCHED_WRITES, where);
  get_thing (mutex)->owner = current;
  return current->is_in_time;
}

void
sched_cond_wait (GCond      *cond,
                 GMutex     *mutex,
                 const char *where)
{
  sleep_on (cond, mutex, FALSE, 0, where);
}

gboolean
sched_cond_wait_until (GCond      *cond,
                       GMutex     *mutex,
                       gint64      deadline,
                       const char *where)
{
  return sleep_on (cond, mutex, TRUE, deadline, where);
}

static gboolean
wake_one (GCond *cond)
{
  SchedThread *first = NULL;
  guint i;

  for (i = 0; i < MAX_THREADS; i++)
    {
      if (threads[i].state == STATE_SLEEPS && threads[i].cond == cond &&
          (first == NULL || threads[i].sleep_serial < first->sleep_serial))
        first = &threads[i];
    }
  if (first == NULL)
    return FALSE;

  first->state = STATE_WANTS_MUTEX;
  first->is_in_time = TRUE;
  return TRUE;
}

void
sched_cond_signal (GCond      *cond,
                   const char *where)
{
  sched_point (where);
  sched_touch (cond, SCHED_WRITES, where);
  wake_one (cond);
}

void
sched_cond_broadcast (GCond      *cond,
                      const char *where)
{
  sched_point (where);
  sched_touch (cond, SCHED_WRITES, where);
  while (wake_one (cond))
    ;
}

/* Threads. */

/* What a thread has for itself ends with it, by functions that may use locks. */
static void
end_privates (SchedThread *self)
{
  GHashTable *privates = g_steal_pointer (&self->privates);
  GHashTableIter iter;
  gpointer key;
  gpointer value;

  if (privates == NULL)
    return;

  g_hash_table_iter_init (&iter, privates);
  while (g_hash_table_iter_next (&iter, &key, &value))
    {
      GDestroyNotify notify = ((GPrivate *) key)->notify;

      if (notify != NULL && value != NULL)
        notify (value);
    }
  g_hash_table_unref (privates);
}

static void
run_current (void)
{
  current->result = current->func (current->data);
  end_privates (current);
  current->state = STATE_FINISHED;
  reschedule (FALSE);
}

static void
start_thread (SchedThread *self,
              GThreadFunc  func,
              gpointer     data,
              gboolean     is_daemon)
{
  SchedCoroutine *coroutine = self->coroutine != NULL ? self->coroutine : sched_coroutine_new ();

  *self = (SchedThread) { .coroutine = coroutine, .func = func, .data = data };
  self->is_daemon = is_daemon;
  self->state = STATE_RUNS;
  self->past = current != NULL ? current->past : 0;
  sched_coroutine_set_up (coroutine, run_current);
}

/* Returns: (nullable): a thread, unless the scenario is about what is done without */
GThread *
sched_thread_try_new (GThreadFunc func,
                      gpointer    data)
{
  SchedThread *self = &threads[MAX_THREADS - 1];

  if (!running->has_worker)
    return NULL;

  if (self->state != STATE_NONE)
    sched_fail ("there are more threads than the scheduler expects");

  start_thread (self, func, data, TRUE);
  return (GThread *) self;
}

static gboolean
is_finished (gpointer data)
{
  return ((SchedThread *) data)->state == STATE_FINISHED;
}

gpointer
sched_thread_join (GThread *thread)
{
  SchedThread *self = (SchedThread *) thread;

  if (current != NULL)
    sched_wait_until (is_finished, self);
  else
    reschedule (FALSE);

  self->state = STATE_NONE;
  return self->result;
}

GThread *
sched_thread_self (void)
{
  return (GThread *) get_owner ();
}

gpointer
sched_private_get (gconstpointer key)
{
  SchedThread *self = get_owner ();

  return self->privates != NULL ? g_hash_table_lookup (self->privates, key) : NULL;
}

void
sched_private_set (gconstpointer key,
                   gpointer      value)
{
  SchedThread *self = get_owner ();

  if (self->privates == NULL)
    self->privates = g_hash_table_new (NULL, NULL);
  g_hash_table_insert (self->privates, (gpointer) key, value);
}

gint64
sched_get_monotonic_time (void)
{
  return ++((SchedThread *) get_owner ())->now;
}

/* What the scenario has left to the library's own thread, and to the main context. */
static void
settle (void)
{
  do
    reschedule (FALSE);
  while (g_main_context_iteration (NULL, FALSE));
}

static gpointer
call_thread_func (gpointer data)
{
  running->threads[current - threads] (data);
  return NULL;
}

/* One run. */
void
sched_thread_run_all (const SchedScenario *scenario)
{
  gpointer data;
  guint i;

  if (things == NULL)
    things = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  g_hash_table_remove_all (things);
  memset (recent, 0, sizeof recent);
  n_steps = 0;
  n_writes = 0;
  running = scenario;

  data = scenario->set_up ();
  for (i = 0; i < SCHED_MAX_SCENARIO_THREADS && scenario->threads[i] != NULL; i++)
    start_thread (&threads[i], call_thread_func, data, FALSE);
  for (i = SCHED_MAX_SCENARIO_THREADS; i < MAX_THREADS; i++)
    threads[i].past = 0;

  /* Returns when they have all finished. */
  reschedule (FALSE);

  for (i = 0; i < SCHED_MAX_SCENARIO_THREADS; i++)
    threads[i].state = STATE_NONE;
  scenario->finish (data);
  settle ();
}
