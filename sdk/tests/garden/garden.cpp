// Every kind of handler, with the names that parley-gen gives where a plain one would not compile.
#include "garden.plugin.hpp"

class garden final : public garden_plugin {
  task<plant> get_(call& c, get_params p) override {
    std::optional<plant> found = co_await get(c, plants_key(p.bed, p.number));
    if (!found) throw withered("It is gone.");
    if (has_weather()) found->home = bed(found->bed);
    co_return *found;
  }
  task<plant> plant_(call& c, plant_params p) override {
    plant made(p.bed, 0, p.plant, p.kind, c.account());
    made.record_ = "a field like a name of the class";
    made = co_await run_plant_planting(c, made);
    batch b(c);
    made.number = b.next("bed", p.bed);
    b.put(made);
    b.publish(plant_grown(made));
    b.enqueue(water_job(p.bed, made.number), job_options{.at_ms = c.now_ms() + 1000, .key = p.bed});
    b.enqueue(delete_job());
    co_await run_plant_planted(c, made, b);
    const plant done = co_await b.commit(made);
    run_plant_seen(c, plant_seen_payload(c.account()));
    publish(c, plant_moved(plant_moved_data(p.bed, false)));
    co_return done;
  }
  task<void> delete_(call& c, delete_params p) override {
    batch b(c);
    b.erase(plants_key(p.bed, p.number));
    co_await b.commit();
  }
  task<measure_result> measure(call&, measure_params) override {
    co_return measure_result({}, "cm");
  }
  task<void> call_(call& c, call_params) override {
    if (!has_weather()) co_return;
    const weather_types::now_params nothing;
    const weather_types::storm now = co_await weather().now(c, nothing);
    const sample_types::fault_params how("wind " + std::to_string(now.wind));
    co_await sample().fault(c, how);
  }
  task<void> on_job_water(call& c, water_job job) override {
    if (this_job(c).is_last() || job.litres > 9) throw withered("It is too late.");
    co_return;
  }
  task<void> on_job_delete(call&, delete_job) override { co_return; }
  task<scope_access> bed_access(call&, std::string, std::string) override {
    co_return scope_access("guest", 1);
  }
  task<std::vector<scope_place>> bed_places(call&, std::string) override {
    co_return std::vector<scope_place>();
  }
  task<std::optional<sample_types::note>> on_note_adding(call&, sample_types::note) override {
    co_return std::nullopt;
  }
  task<void> on_storm_coming(call&, weather_types::storm) override { co_return; }
  task<void> on_storm_passing(call&, weather_types::storm, batch&) override { co_return; }
};

PARLEY_PLUGIN(garden)
