using System.Collections.Immutable;
using TrafficCtl.Adapters.Metrics.Prometheus.Presets;
using TrafficCtl.Core.Routing;

namespace TrafficCtl.Adapters.Metrics.Prometheus;

/// <summary>All queries of one instant: of each chunk, and of people's own metrics; then what they answered, service by service.</summary>
internal sealed class PrometheusRound(PrometheusClient client, PrometheusOptions options, CustomMetrics custom)
{
    private const int AtOnce = 4;

    private readonly Dictionary<(MetricPreset, bool IsLatency), Processes> processes = [];
    private readonly Dictionary<ServiceState, string> troubles = [];

    /// <summary>Why the newest answer did not reach a service; null when it did.</summary>
    public string? TroubleOf(ServiceState service) => troubles.GetValueOrDefault(service);

    /// <summary>Forgets every process that was seen.</summary>
    public void Clear()
    {
        processes.Clear();
        troubles.Clear();
    }

    public async Task AskAsync(List<ServiceState> services, DateTimeOffset at, CancellationToken stop)
    {
        troubles.Clear();
        var chunks = Chunk.Of(services).ToImmutableArray();
        var answers = new ChunkAnswer?[chunks.Length];
        var texts = custom.Due(services.SelectMany(Texts), at).ToImmutableArray();
        var customAnswers = new (PromAnswer? Answer, string? Why)[texts.Length];
        using var gate = new SemaphoreSlim(AtOnce);
        await Task.WhenAll(
            chunks.Select(async (chunk, i) => answers[i] = await AskAsync(chunk, at, gate, stop))
                .Concat<Task>(texts.Select(async (text, i) => customAnswers[i] = await TryAskAsync(text, at, gate, stop))));
        for (var i = 0; i < chunks.Length; i++) Absorb(chunks[i], answers[i]!, at);
        foreach (var answer in answers) See(answer!, at);
        for (var i = 0; i < texts.Length; i++)
        {
            if (customAnswers[i].Answer is { } answer) custom.Answered(texts[i], answer, at);
            else custom.Failed(texts[i], customAnswers[i].Why!, at);
        }
    }

    private IEnumerable<string> Texts(ServiceState service)
    {
        foreach (var metric in service.Metrics)
            if (metric.Query is { } query && !query.StartsWith(Saturation.Prefix, StringComparison.Ordinal)
                && CustomMetrics.Text(query, service, options.Selector) is { } text)
                yield return text;
    }

    private async Task<ChunkAnswer> AskAsync(Chunk chunk, DateTimeOffset at, SemaphoreSlim gate, CancellationToken stop)
    {
        var preset = chunk.Preset;
        var requests = TryAskAsync(QueryText.Counters(preset.Requests, chunk.Names, chunk.Namespaces, options.Selector), at, gate, stop);
        var latency = TryAskAsync(QueryText.Counters(preset.Latency, chunk.Names, chunk.Namespaces, options.Selector), at, gate, stop);
        var saturation = chunk.Services.Any(s => s.WantsSaturation)
            ? TryAskAsync(Saturation.Query(chunk.Workloads, chunk.Namespaces, options.Selector), at, gate, stop)
            : Task.FromResult<(PromAnswer?, string?)>((null, null));
        return new ChunkAnswer(preset, await requests, await latency, await saturation);
    }

    /// <summary>The answer, or why there is none. An answer with a warning may be partial and is none.</summary>
    private async Task<(PromAnswer? Answer, string? Why)> TryAskAsync(
        string query, DateTimeOffset at, SemaphoreSlim gate, CancellationToken stop)
    {
        await gate.WaitAsync(stop);
        try
        {
            var answer = await client.QueryAsync(query, at, stop);
            return answer.Warnings is [var warning, ..]
                ? (null, $"Prometheus answers with a warning, so nothing is concluded from it: {warning}")
                : (answer, null);
        }
        catch (PrometheusException fault)
        {
            return (null, fault.Message);
        }
        finally
        {
            gate.Release();
        }
    }

    private void Absorb(Chunk chunk, ChunkAnswer answers, DateTimeOffset at)
    {
        if ((answers.Requests.Why ?? answers.Latency.Why) is { } why)
        {
            foreach (var service in chunk.Services) troubles[service] = why;
            return;
        }

        try
        {
            var owners = Owners.Of(chunk);
            var requests = Sort(answers.Requests.Answer!, chunk.Preset.Requests, chunk.Preset, owners, out var requestTimes);
            var latency = Sort(answers.Latency.Answer!, chunk.Preset.Latency, chunk.Preset, owners, out var latencyTimes);
            answers.Seen = (requestTimes, latencyTimes);
            foreach (var service in chunk.Services)
                service.Absorb(requests[service], latency[service], Of(chunk.Preset, false), Of(chunk.Preset, true), at);
            if (answers.Saturation.Answer is { } saturation) AbsorbSaturation(chunk, saturation, at);
            foreach (var service in chunk.Services) service.SaturationTrouble = service.WantsSaturation ? answers.Saturation.Why : null;
        }
        catch (FormatException wrong)
        {
            foreach (var service in chunk.Services) troubles[service] = wrong.Message;
        }
    }

    private static Dictionary<ServiceState, List<Unit>> Sort(
        PromAnswer answer, SignalQuery query, MetricPreset preset, Owners owners, out Dictionary<string, DateTimeOffset> times)
    {
        times = Units.Times(answer);
        var sorted = owners.Services.ToDictionary(s => s, _ => new List<Unit>());
        foreach (var unit in Units.Read(answer, times, query))
        {
            foreach (var (service, part) in owners.Find(preset.KeysOf(unit.Labels)))
                sorted[service].Add(unit with { Part = part });
        }

        return sorted;
    }

    private static void AbsorbSaturation(Chunk chunk, PromAnswer answer, DateTimeOffset at)
    {
        foreach (var service in chunk.Services.Where(s => s.WantsSaturation))
        {
            var pods = new Dictionary<string, SaturationMeter.Pod>(StringComparer.Ordinal);
            foreach (var sample in answer.Samples)
            {
                if (sample.Labels["namespace"] != service.Target!.Namespace
                    || ArmOf(service, PodNames.WorkloadOf(sample.Labels["pod"])) is not { } arm)
                    continue;
                var pod = pods.TryGetValue(sample.Labels["pod"], out var known) ? known : new SaturationMeter.Pod(arm, 0, 0, 0, 0);
                pods[sample.Labels["pod"]] = sample.Labels[QueryText.Mark] switch
                {
                    Saturation.CpuMetric => pod with { Cpu = sample.Value },
                    Saturation.MemoryMetric => pod with { Memory = sample.Value },
                    Saturation.PeriodsMetric => pod with { Periods = sample.Value },
                    Saturation.ThrottledMetric => pod with { Throttled = sample.Value },
                    _ => pod,
                };
            }

            service.Saturation.Absorb(pods, service.Counted, at);
        }
    }

    private static Arm? ArmOf(ServiceState service, string? workload)
    {
        foreach (var arm in new[] { Arm.Stable, Arm.Candidate })
            if (service.SlotOf(arm) is { } slot && (slot.Workload ?? slot.Service) == workload) return arm;
        return null;
    }

    /// <summary>After all chunks: a process is new in all of them alike.</summary>
    private void See(ChunkAnswer answer, DateTimeOffset at)
    {
        if (answer.Seen is not { } seen) return;
        Of(answer.Preset, false).See(seen.Requests.Keys, at);
        Of(answer.Preset, true).See(seen.Latency.Keys, at);
        Of(answer.Preset, false).Forget(at);
        Of(answer.Preset, true).Forget(at);
    }

    private Processes Of(MetricPreset preset, bool isLatency)
    {
        if (!processes.TryGetValue((preset, isLatency), out var of)) processes[(preset, isLatency)] = of = new Processes();
        return of;
    }

    private sealed record ChunkAnswer(
        MetricPreset Preset, (PromAnswer? Answer, string? Why) Requests, (PromAnswer? Answer, string? Why) Latency,
        (PromAnswer? Answer, string? Why) Saturation)
    {
        public (Dictionary<string, DateTimeOffset> Requests, Dictionary<string, DateTimeOffset> Latency)? Seen { get; set; }
    }
}
