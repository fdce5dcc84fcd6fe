using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace TrafficCtl.ProxyLoad.Services;

/// <summary>One number of services, from an empty data directory to a start with every rollout under way.</summary>
internal sealed class Measuring(LoadOptions options, HttpClient client, Upstreams upstream, int count, TextWriter output)
{
    private const string InForce = "The delivery files are in force";

    private const string RoundsTotal = "trafficctl_rounds_total", RoundSeconds = "trafficctl_round_duration_seconds";

    /// <summary>How long any single thing may take; what takes longer is reported as a failure.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(8);

    private readonly Figures figures = new();

    /// <summary>The upstream's is free on the address of listeners, and nobody holds the others before they are listened on.</summary>
    private readonly HashSet<int> taken = [upstream.Port];

    public async Task<Figures> RunAsync(CancellationToken stop)
    {
        var files = NewFiles("many", count);
        files.Write(0);
        using var few = await StartFewAsync(stop);
        var data = Path.Combine(options.Work, $"data-{count}");
        try
        {
            await RollOutAsync(files, data, few, stop);
            await StartAgainAsync(files, data, stop);
        }
        finally
        {
            await few.Child.EndAsync();
        }

        return figures;
    }

    /// <summary>Nothing rolled out, a changed file, and all of them changed.</summary>
    private async Task RollOutAsync(ServiceFiles files, string data, Daemon few, CancellationToken stop)
    {
        using var many = await StartAsync("start, no rollout", files, "many", data, stop);
        try
        {
            await RestAsync("no rollout", many, few, stop);
            files.WriteFile(0, ServiceFiles.PerFile);
            await ReloadAsync("reload, one file changed", many, stop);
            files.Write(count);
            var began = Stopwatch.GetTimestamp();
            await ReloadAsync("reload, all files changed", many, stop);
            await AllRolledOutAsync(many, stop);
            Add("all rollouts begun after", Stopwatch.GetElapsedTime(began).TotalSeconds, "s");
            await RestAsync("all rollouts active", many, few, stop);
            await LoadAllAsync(many, stop);
        }
        finally
        {
            await many.Child.EndAsync();
        }
    }

    private async Task StartAgainAsync(ServiceFiles files, string data, CancellationToken stop)
    {
        using var many = await StartAsync("start, all rollouts active", files, "many", data, stop);
        try
        {
            await AllRolledOutAsync(many, stop);
        }
        finally
        {
            await many.Child.EndAsync();
        }
    }

    /// <summary>Memory, processor time and rounds while nobody asks for anything; then the pages, and requests of one service.</summary>
    private async Task RestAsync(string state, Daemon many, Daemon few, CancellationToken stop)
    {
        await Task.Delay(Quiet, stop);
        var (cpu, from) = (many.Child.CpuSeconds(), Stopwatch.GetTimestamp());
        var rounds = await RoundsAsync(many, stop);
        Add($"{state}: processor time a second", (many.Child.CpuSeconds() - cpu) / Stopwatch.GetElapsedTime(from).TotalSeconds, "s");
        Add($"{state}: resident", many.Child.ResidentBytes() / 1048576.0, "MiB");
        Add($"{state}: round, median", rounds.Median * 1e3, "ms");
        Add($"{state}: round, longest", rounds.Max * 1e3, "ms");
        await PageAsync($"{state}: /metrics", new Uri(many.Admin, "/metrics"), stop);
        await PageAsync($"{state}: GET /v1/services", new Uri(many.Admin, "/v1/services"), stop);
        Add($"{state}: requests/s of one service, to those of a process with 10", await RatioAsync(many, few, stop), "");
        Add($"{state}: resident after all that", many.Child.ResidentBytes() / 1048576.0, "MiB");
    }

    /// <summary>The rounds of the last seconds.</summary>
    /// <remarks>Where the page cannot be narrowed to two metrics, asking is a load of its own: then seldom.</remarks>
    private async Task<Spread> RoundsAsync(Daemon daemon, CancellationToken stop)
    {
        var seen = new Dictionary<double, double>();
        var uri = new Uri(daemon.Admin, $"/metrics?name[]={RoundsTotal}&name[]={RoundSeconds}");
        var time = TimeSpan.FromSeconds(options.Seconds * 5);
        for (var from = Stopwatch.GetTimestamp(); seen.Count == 0 || Stopwatch.GetElapsedTime(from) < time;)
        {
            var page = await client.GetStringAsync(uri, stop);
            var lines = page.Split('\n');
            seen.TryAdd(Value(lines, RoundsTotal), Value(lines, RoundSeconds));
            await Task.Delay(page.Length < 10_000 ? 200 : 2_000, stop);
        }

        return Spread.Of(seen.Values);

        static double Value(string[] lines, string name) => double.Parse(
            lines.First(l => l.StartsWith(name + " ", StringComparison.Ordinal)).Split(' ')[1], CultureInfo.InvariantCulture);
    }

    private async Task PageAsync(string name, Uri page, CancellationToken stop)
    {
        var (times, bytes) = (new List<double>(), 0L);
        for (var i = 0; i < 3; i++)
        {
            var from = Stopwatch.GetTimestamp();
            await using var body = await client.GetStreamAsync(page, stop);
            var buffer = new byte[1 << 16];
            bytes = 0;
            for (int read; (read = await body.ReadAsync(buffer, stop)) > 0;) bytes += read;
            times.Add(Stopwatch.GetElapsedTime(from).TotalSeconds);
        }

        Add($"{name}, size", bytes / 1048576.0, "MiB");
        Add($"{name}, time", Spread.Of(times).Median, "s");
    }

    /// <summary>Interleaved, so that the machine's own changes meet both.</summary>
    private async Task<double> RatioAsync(Daemon many, Daemon few, CancellationToken stop)
    {
        var (one, other) = (Contend("many", many), Contend("few", few));
        foreach (var contender in new[] { one, other }) await Wrk.RunAsync(contender, 32, options.Seconds, 0, stop);
        var ratios = new List<double>();
        for (var round = 1; round <= options.Pairs; round++)
            ratios.Add((await PerSecondAsync(one, round, stop)) / await PerSecondAsync(other, round, stop));
        return Spread.Of(ratios).Median;

        Contender Contend(string name, Daemon daemon)
        {
            var (address, host) = daemon.Files.RequestOf(0);
            return new Contender(name, address, daemon.Child, Wrk.WriteScript(
                options.Work, name, "x-user-id", Wrk.UserIds.Select(user => (host, "/", user))));
        }
    }

    private async Task<double> PerSecondAsync(Contender contender, int round, CancellationToken stop)
    {
        var measured = await Wrk.RunAsync(contender, 32, options.Seconds, round, stop);
        return measured.Failures == 0
            ? measured.PerSecond
            : throw new InvalidOperationException(
                $"{measured.Failures} of {measured.Requests} requests to {contender.Name} failed: {contender.Process.LastLines}");
    }

    /// <summary>About 2,000 requests/s over all services: each has users, and windows to judge.</summary>
    private async Task LoadAllAsync(Daemon many, CancellationToken stop)
    {
        // wrk has one address, so these are the services of one listener and its neighbours in turn: one in ten has a path.
        var requests = Enumerable.Range(0, count).Where(s => s % ServiceFiles.Listeners == 0).SelectMany(s => Enumerable.Range(0, 4).Select(
            user => (many.Files.RequestOf(s).Host, many.Files.RequestOf(s).Address.AbsolutePath,
                string.Create(CultureInfo.InvariantCulture, $"user-{user}"))));
        var script = Wrk.WriteScript(options.Work, "all", "x-user-id", requests, millisecondsBetween: 16);
        var contender = new Contender("all", many.Files.RequestOf(0).Address, many.Child, script);
        var load = Wrk.RunAsync(contender, 32, options.Seconds * 10, 0, stop);
        await Task.Delay(Quiet, stop);
        var rounds = await RoundsAsync(many, stop);
        var measured = await load;
        Add("requests on a tenth of the services: requests/s", measured.PerSecond, "");
        Add("requests on a tenth of the services: failed", measured.Failures, "");
        Add("requests on a tenth of the services: p99", measured.P99, "ms");
        Add("requests on a tenth of the services: round, median", rounds.Median * 1e3, "ms");
        Add("requests on a tenth of the services: round, longest", rounds.Max * 1e3, "ms");
        Add("requests on a tenth of the services: resident", many.Child.ResidentBytes() / 1048576.0, "MiB");
    }

    private async Task ReloadAsync(string name, Daemon daemon, CancellationToken stop)
    {
        var (from, cpu) = (Stopwatch.GetTimestamp(), daemon.Child.CpuSeconds());
        var done = daemon.Child.SaidAsync(InForce, stop);
        await daemon.Child.SignalAsync("HUP", stop);
        await done.WaitAsync(Patience, stop);
        AddTimes(name, from, daemon.Child.CpuSeconds() - cpu);
        // Changed files are also found without the signal: that reload is not to fall into what is measured next.
        await Task.WhenAny(daemon.Child.SaidAsync(InForce, stop), Task.Delay(Quiet, stop));
    }

    private async Task AllRolledOutAsync(Daemon daemon, CancellationToken stop)
    {
        for (var from = Stopwatch.GetTimestamp(); ; await Task.Delay(500, stop))
        {
            await using var body = await client.GetStreamAsync(new Uri(daemon.Admin, "/v1/services"), stop);
            using var answer = await JsonDocument.ParseAsync(body, default, stop);
            var active = answer.RootElement.GetProperty("services").EnumerateArray().Count(static s => s.TryGetProperty("rollout", out _));
            if (active == count) return;
            if (Stopwatch.GetElapsedTime(from) > Patience)
                throw new InvalidOperationException($"{active} of {count} rollouts have begun: {daemon.Child.LastLines}");
        }
    }

    private async Task<Daemon> StartFewAsync(CancellationToken stop)
    {
        var files = NewFiles("few", 10);
        files.Write(10);
        return await StartAsync(null, files, "few", Path.Combine(options.Work, $"data-few-{count}"), stop);
    }

    private ServiceFiles NewFiles(string name, int services) => new(
        DirectoryOf(name), services, [.. Enumerable.Range(0, ServiceFiles.Listeners).Select(_ => FreePort())], upstream);

    private int FreePort()
    {
        while (true)
            if (Ports.Free() is var port && taken.Add(port)) return port;
    }

    private string DirectoryOf(string name) => Path.Combine(options.Work, string.Create(CultureInfo.InvariantCulture, $"{name}-{count}"));

    private async Task<Daemon> StartAsync(string? name, ServiceFiles files, string directory, string data, CancellationToken stop)
    {
        var admin = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{FreePort()}/"));
        var from = Stopwatch.GetTimestamp();
        var child = Child.Start(
            options, "trafficctl", options.Program, "run", "-f", DirectoryOf(directory), "--data-dir", data,
            "--admin", admin.AbsoluteUri.TrimEnd('/'));
        try
        {
            await Ports.AnswersAsync(client, new Uri(admin, "/readyz"), child, Patience, stop);
            if (name is not null) AddTimes(name, from, child.CpuSeconds());
            return new Daemon(child, admin, files);
        }
        catch
        {
            await child.EndAsync();
            child.Dispose();
            throw;
        }
    }

    /// <summary>On a machine with other work the processor time says more.</summary>
    private void AddTimes(string name, long from, double cpu)
    {
        Add(name, Stopwatch.GetElapsedTime(from).TotalSeconds, "s");
        Add($"{name}, processor time", cpu, "s");
    }

    private void Add(string name, double value, string unit)
    {
        figures.Add(name, value, unit);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {name}: {value:0.###} {unit}"));
    }

    private sealed record Daemon(Child Child, Uri Admin, ServiceFiles Files) : IDisposable
    {
        public void Dispose() => Child.Dispose();
    }
}
