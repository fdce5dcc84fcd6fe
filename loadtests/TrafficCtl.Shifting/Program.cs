using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.RegularExpressions;
using TrafficCtl.Shifting;

// Moves traffic between two nginx upstreams under wrk load and counts what a user would notice.
// Arguments: the trafficctl program, the number of keys.
if (args is not [var program, var keysText] || !int.TryParse(keysText, out var keys))
{
    Console.Error.WriteLine("usage: TrafficCtl.Shifting PROGRAM KEYS (started by loadtests/shifting)");
    return 2;
}

var folder = Directory.CreateTempSubdirectory("trafficctl-shifting-").FullName;
int[] ports = [FreePort(), FreePort(), FreePort(), FreePort()];
var (v1, v2, front, adminPort) = (ports[0], ports[1], ports[2], ports[3]);
var admin = $"http://127.0.0.1:{adminPort}";
var proxy = new Uri($"http://127.0.0.1:{front}/");
var file = Path.Combine(folder, "shop.yaml");
var failures = new List<string>();
try
{
    using var upstream1 = Nginx("v1", v1);
    using var upstream2 = Nginx("v2", v2);
    await File.WriteAllTextAsync(file, Delivery("shifting"));
    using var daemon = new Command(program, "run", "-f", file, "--data-dir", Path.Combine(folder, "data"), "--admin", admin);
    await UntilAsync(async () => (await new HttpClient().GetAsync(new Uri($"{admin}/readyz"))).IsSuccessStatusCode, "the daemon is ready");
    using var load = new Command("wrk", "-t1", "-c16", "-d600s", "--timeout", "10s", proxy.ToString());

    using var arms = new Arms(proxy, keys);
    await UntilAsync(async () => await WeightAsync() == 500, "the first step");
    foreach (var weight in new[] { 500, 2500, 5000, 7500 })
    {
        await UntilAsync(async () => await WeightAsync() == weight, $"weight {weight}");
        var share = await arms.ObserveAsync();
        Report(
            $"asked {weight / 100.0,5:0.00} %  observed {share,6:0.000} %  went back {arms.WentBack}",
            Math.Abs(share - (weight / 100.0)) <= 0.5);
        if (weight == 2500)
        {
            await File.WriteAllTextAsync(file, Delivery("shifting, read again"));
            await UntilAsync(
                () => Task.FromResult(daemon.Output.Contains("delivery files are in force", StringComparison.Ordinal)), "the reload");
            var after = await arms.ObserveAsync();
            Report($"after a reload     observed {after,6:0.000} %  went back {arms.WentBack}", Math.Abs(after - 25) <= 0.5);
        }

        await WishAsync("promote");
    }

    await UntilAsync(async () => await PhaseAsync() == "Baking", "100 %");
    var all = await arms.ObserveAsync();
    Report($"promoted           observed {all,6:0.000} %  went back {arms.WentBack}", all == 100 && arms.WentBack == 0);
    await WishAsync("abort");
    await UntilAsync(async () => await PhaseAsync() == "Aborted", "back to v1");
    arms.Forget();
    var none = await arms.ObserveAsync();
    Report($"rolled back        observed {none,6:0.000} %", none == 0);
    Report($"keys that failed   {arms.Failed} of {keys} x 7", arms.Failed == 0);

    await Command.RunAsync("kill", "-INT", load.Id.ToString());
    await load.EndAsync();
    var requests =
        Regex.Match(load.Output, @"(?<count>\d+) requests in", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1)).Groups["count"].Value;
    var bad = load.Output
        .Split('\n')
        .Where(l => l.Contains("Non-2xx", StringComparison.Ordinal) || l.Contains("Socket errors", StringComparison.Ordinal))
        .ToArray();
    Report($"wrk                {requests} requests, {(bad.Length == 0 ? "none failed" : string.Join(' ', bad))}", bad.Length == 0
        && requests.Length > 0);
    await Command.RunAsync("kill", "-TERM", daemon.Id.ToString());
    await daemon.EndAsync();
    if (failures.Count > 0) Console.Error.WriteLine(daemon.Output);
}
finally
{
    Directory.Delete(folder, recursive: true);
}

Console.WriteLine(failures.Count == 0 ? "all held" : $"NOT held: {string.Join("; ", failures)}");
return failures.Count == 0 ? 0 : 1;

void Report(string line, bool held)
{
    Console.WriteLine($"{(held ? "ok " : "BAD")} {line}");
    if (!held) failures.Add(line);
}

Command Nginx(string version, int port)
{
    var home = Directory.CreateDirectory(Path.Combine(folder, version)).FullName;
    var config = Path.Combine(home, "nginx.conf");
    File.WriteAllText(config, $$"""
        daemon off; worker_processes 1; pid {{home}}/pid; error_log {{home}}/error.log;
        events { worker_connections 1024; }
        http {
          access_log off; keepalive_requests 1000000;
          client_body_temp_path {{home}}/b; proxy_temp_path {{home}}/p; fastcgi_temp_path {{home}}/f; uwsgi_temp_path {{home}}/u; scgi_temp_path {{home}}/s;
          server { listen 127.0.0.1:{{port}}; location / { add_header x-version {{version}}; return 200 "{{version}}\n"; } }
        }
        """);
    return new Command("nginx", "-e", $"{home}/start.log", "-c", config);
}

string Delivery(string comment) => $$"""
    # {{comment}}
    service: shop
    listen: http://127.0.0.1:{{front}}
    identity: [header:x-user-id]
    versions:
      v1: [http://127.0.0.1:{{v1}}]
      v2: [http://127.0.0.1:{{v2}}]
    stable: v1
    rollout:
      - { weights: [5, 25, 50, 75, 100], hold: 1h }
    holdback: 0
    watch: 1h
    drain: { delay: 0s, max: 5s }
    """;

async Task<JsonElement> RolloutAsync()
{
    using var client = new HttpClient();
    using var document = JsonDocument.Parse(await client.GetStringAsync(new Uri($"{admin}/v1/services/shop")));
    var status = document.RootElement;
    var active = status.GetProperty("rollout");
    return (active.ValueKind == JsonValueKind.Null ? status.GetProperty("previous") : active).Clone();
}

async Task<int> WeightAsync()
{
    var rollout = await RolloutAsync();
    return rollout.ValueKind == JsonValueKind.Object && rollout.GetProperty("phase").GetString() == "Observing"
        && rollout.GetProperty("effectiveWeight") is { ValueKind: JsonValueKind.Number } weight ? weight.GetInt32() : 0;
}

async Task<string?> PhaseAsync()
{
    var rollout = await RolloutAsync();
    return rollout.ValueKind == JsonValueKind.Object ? rollout.GetProperty("phase").GetString() : null;
}

Task<string> WishAsync(string wish) => Command.RunAsync(program, wish, "shop", "--reason", "measuring", "--admin", admin);

static async Task UntilAsync(Func<Task<bool>> condition, string what)
{
    for (var tries = 0; tries < 600; tries++)
    {
        try
        {
            if (await condition()) return;
        }
        catch (HttpRequestException)
        {
            // Not up yet: asked again below.
        }

        await Task.Delay(100);
    }

    throw new TimeoutException($"waited a minute for {what}");
}

static int FreePort()
{
    using var listener = new TcpListener(IPAddress.Loopback, 0);
    listener.Start();
    return ((IPEndPoint)listener.LocalEndpoint).Port;
}
