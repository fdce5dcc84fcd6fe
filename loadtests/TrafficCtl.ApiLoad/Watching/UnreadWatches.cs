using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using Google.Protobuf;
using TrafficCtl.ApiLoad.Fuzzing;
using TrafficCtl.ApiLoad.Serving;
using TrafficCtl.V1;

namespace TrafficCtl.ApiLoad.Watching;

/// <summary>
/// <c>loadtests/watches</c>: watches of both protocols that never read, while rollouts change, and the daemon's memory over time.
/// </summary>
internal static class UnreadWatches
{
    private const double MiB = 1024 * 1024;

    /// <summary>What the live heap may grow by between the second and the last quarter: caches of the journal's newest facts.</summary>
    private const double Allowed = 4;

    private static readonly string[] Wishes =
    [
        """{"kind":"publish","version":"v2"}""", """{"kind":"pause"}""", """{"kind":"resume"}""", """{"kind":"abort"}""",
        """{"kind":"retry"}""", """{"kind":"abort"}""",
    ];

    public static async Task<int> RunAsync(Dictionary<string, string> options)
    {
        var (many, seconds) = (options.Number("watches", 64), options.Number("seconds", 90));
        await using var daemon = await ChildDaemon.StartAsync();
        using var client = new HttpClient { BaseAddress = daemon.Admin };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", daemon.Tokens[0]);
        var watches = Enumerable.Range(0, many).Select(i => new Unread(daemon, i)).ToList();
        var (began, wished, live) = (TimeProvider.System.GetTimestamp(), 0, new List<(double At, double Live)>());
        Console.WriteLine("   time   open  opened  dropped  wishes   resident       live");
        for (var next = 0.0; ;)
        {
            var at = TimeProvider.System.GetElapsedTime(began).TotalSeconds;
            if (at >= seconds) break;
            foreach (var watch in watches) await watch.KeepOpenAsync();
            using var content = new StringContent(Wishes[wished++ % Wishes.Length], Encoding.UTF8, "application/json");
            using var answer = await client.PostAsync(new Uri("/v1/services/shop/wishes", UriKind.Relative), content);
            await Task.Delay(100);
            if (at < next) continue;
            next += 5;
            var (resident, alive) = await daemon.MemoryAsync();
            live.Add((at, alive / MiB));
            var page = await client.GetStringAsync(new Uri("/metrics", UriKind.Relative));
            var dropped = Value(page, "trafficctl_watches_dropped_total")
                + Value(page, "trafficctl_api_limited_total{limit=\"slow-reader\"}");
            Console.WriteLine(
                $"{at,5:0} s  {watches.Count(static w => w.IsOpen),5}  {watches.Sum(static w => w.Opened),6}  {dropped,7}  {wished,6}  "
                + $"{resident / MiB,5:0.0} MiB  {alive / MiB,5:0.0} MiB");
        }

        foreach (var watch in watches) watch.Dispose();
        var early = Middle(live.Where(m => m.At >= seconds / 4.0 && m.At < seconds / 2.0));
        var late = Middle(live.Where(m => m.At >= seconds * 0.75));
        var isFlat = late - early <= Allowed && daemon.Faults.Count == 0;
        foreach (var line in daemon.Faults.Take(5)) Console.WriteLine($"BAD logged: {line}");
        Console.WriteLine(
            $"live memory {early:0.0} MiB in the second quarter, {late:0.0} MiB in the last one: {(isFlat ? "flat" : "NOT flat")}");
        return isFlat ? 0 : 1;
    }

    private static double Middle(IEnumerable<(double At, double Live)> seen)
    {
        var sorted = seen.Select(static m => m.Live).Order().ToList();
        return sorted.Count == 0 ? double.NaN : sorted[sorted.Count / 2];
    }

    private static long Value(string page, string sample)
    {
        var line = page.Split('\n').FirstOrDefault(l => l.StartsWith(sample + " ", StringComparison.Ordinal));
        return line is null ? 0 : long.Parse(line[(sample.Length + 1)..], CultureInfo.InvariantCulture);
    }

    /// <summary>A watch of which nothing is read; where the daemon cuts it, it is opened again.</summary>
    private sealed class Unread(ChildDaemon daemon, int number) : IDisposable
    {
        private Socket? socket;

        public int Opened { get; private set; }

        /// <summary>Asked without reading: what came stays in the kernel.</summary>
        public bool IsOpen => socket is not null && !IsCut(socket);

        public async Task KeepOpenAsync()
        {
            if (IsOpen) return;
            socket?.Dispose();
            socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4096 };
            await socket.ConnectAsync(daemon.Admin.Host, daemon.Admin.Port);
            var token = daemon.Tokens[number % daemon.Tokens.Length];
            await socket.SendAsync(number % 4 < 2
                ? Encoding.ASCII.GetBytes($"GET /v1/watch HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\r\n")
                : FrameInputs.Call("/trafficctl.v1.Rollouts/Watch", token, new WatchRequest().ToByteArray()));
            Opened++;
        }

        public void Dispose() => socket?.Dispose();

        /// <summary>What the kernel says of the connection (tcpi_state): what came before its end is still to be read.</summary>
        private static bool IsCut(Socket socket)
        {
            const int Tcp = 6, Info = 11, Established = 1;
            Span<byte> info = stackalloc byte[8];
            return socket.GetRawSocketOption(Tcp, Info, info) == 0 || info[0] != Established;
        }
    }
}
