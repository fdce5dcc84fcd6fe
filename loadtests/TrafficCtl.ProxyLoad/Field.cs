using System.Collections.Immutable;
using System.Globalization;

namespace TrafficCtl.ProxyLoad;

/// <summary>All contenders, started: the upstream itself and every proxy before it.</summary>
internal sealed class Field(LoadOptions options) : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly List<Child> children = [];
    private readonly List<Contender> contenders = [];
    private readonly HttpClient client = new(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false, UseProxy = false });
    private string headerScript = "";

    /// <summary>In the order of the report.</summary>
    public IReadOnlyList<Contender> Contenders => contenders;

    public async Task StartAsync(CancellationToken stop)
    {
        headerScript = Wrk.WriteScript(options.Work, "header", "x-user-id", Wrk.UserIds);
        var (v1, v2) = (Ports.Free(), Ports.Free());
        var upstream = Start(
            "direct", "nginx", "-p", options.Work, "-c", Settings.Write(options, "upstream.conf", Settings.Upstream(v1, v2)));
        await AddAsync("direct", Address(v1), upstream, stop);

        foreach (var scheduling in new[] { "plain", "inline" })
        {
            if (IsWanted($"bare-{scheduling}")) await StartBareAsync(scheduling, v1, stop);
            if (IsWanted($"header-{scheduling}") || IsWanted($"cookie-{scheduling}")) await StartOursAsync(scheduling, v1, v2, stop);
        }

        if (IsWanted("nginx") && Settings.Has("nginx"))
        {
            var port = Ports.Free();
            await AddAsync(
                "nginx", Address(port),
                Start("nginx", "nginx", "-p", options.Work, "-c", Settings.Write(options, "nginx.conf", Settings.Nginx(port, v1))), stop);
        }

        if (IsWanted("haproxy") && Settings.Has("haproxy"))
        {
            var port = Ports.Free();
            await AddAsync(
                "haproxy", Address(port),
                Start("haproxy", "haproxy", "-db", "-f", Settings.Write(options, "haproxy.cfg", Settings.HaProxy(port, v1))), stop);
        }
    }

    public async ValueTask DisposeAsync()
    {
        client.Dispose();
        children.Reverse();
        foreach (var child in children)
        {
            await child.EndAsync();
            child.Dispose();
        }
    }

    private async Task StartBareAsync(string scheduling, int upstream, CancellationToken stop)
    {
        var port = Ports.Free();
        var child = Start(
            $"bare-{scheduling}", options.BareYarp, port.ToString(CultureInfo.InvariantCulture), Address(upstream).AbsoluteUri, scheduling);
        await AddAsync($"bare-{scheduling}", Address(port), child, stop);
    }

    /// <summary>One daemon with two services: the user by header, and the user by our signed cookie; a rollout held at half.</summary>
    private async Task StartOursAsync(string scheduling, int v1, int v2, CancellationToken stop)
    {
        var (header, cookie, admin) = (Ports.Free(), Ports.Free(), Ports.Free());
        var file = Settings.Write(options, $"delivery-{scheduling}.yaml", Settings.Delivery(header, cookie, v1, v2));
        var child = Start(
            $"ours-{scheduling}", options.Program, "run", "-f", file, "--data-dir", Path.Combine(options.Work, $"data-{scheduling}"),
            "--admin", Address(admin).AbsoluteUri, "--scheduling", scheduling);
        await Ports.AnswersAsync(client, new Uri(Address(admin), "/readyz"), child, Patience, stop);
        await AddAsync($"header-{scheduling}", Address(header), child, stop);
        await HalfAsync(Address(header), child, stop);
        var cookies = await CookiesAsync(Address(cookie), stop);
        await AddAsync(
            $"cookie-{scheduling}", Address(cookie), child, stop, Wrk.WriteScript(options.Work, $"cookie-{scheduling}", "Cookie", cookies));
    }

    /// <summary>Returns when about half of the users are on the candidate: only then is the assignment at work.</summary>
    private async Task HalfAsync(Uri address, Child child, CancellationToken stop)
    {
        for (var attempt = 0; attempt < 60; attempt++)
        {
            var share = await CandidateShareAsync(address, stop);
            if (share is > 0.35 and < 0.65) return;
            await Task.Delay(500, stop);
        }

        throw new InvalidOperationException($"{child.Name}: the rollout did not come to half of the users: {child.LastLines}");
    }

    public async Task<double> CandidateShareAsync(Uri address, CancellationToken stop)
    {
        var onCandidate = 0;
        const int Asked = 200;
        foreach (var user in Wrk.UserIds.Take(Asked))
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, address) { Headers = { { "x-user-id", user } } };
            using var answer = await client.SendAsync(request, stop);
            if (answer.Headers.TryGetValues("x-version", out var version) && version.First() == "v2") onCandidate++;
        }

        return onCandidate / (double)Asked;
    }

    private async Task<ImmutableArray<string>> CookiesAsync(Uri address, CancellationToken stop)
    {
        var cookies = ImmutableArray.CreateBuilder<string>();
        for (var i = 0; i < 256; i++)
        {
            using var answer = await client.GetAsync(address, stop);
            if (answer.Headers.TryGetValues("Set-Cookie", out var set)) cookies.Add(set.First().Split(';')[0]);
        }

        return cookies.Count > 0 ? cookies.ToImmutable() : throw new InvalidOperationException("no bucket cookie was given");
    }

    private Child Start(string name, string file, params string[] arguments)
    {
        var child = Child.Start(options, name, file, arguments);
        children.Add(child);
        return child;
    }

    private async Task AddAsync(string name, Uri address, Child child, CancellationToken stop, string? script = null)
    {
        await Ports.AnswersAsync(client, address, child, Patience, stop);
        if (IsWanted(name)) contenders.Add(new Contender(name, address, child, script ?? headerScript));
    }

    private bool IsWanted(string name) => options.Only.IsEmpty || options.Only.Contains(name);

    private static Uri Address(int port) => new(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}/"));
}
