using System.Net;
using System.Net.Http.Headers;
using System.Net.ServerSentEvents;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Text;
using Google.Protobuf;
using TrafficCtl.Cli.Printing;
using TrafficCtl.Daemon.Api;
using TrafficCtl.V1;

namespace TrafficCtl.Cli.Invocation;

/// <summary>The daemon's admin API; whatever goes wrong becomes a <see cref="Failure"/> that says what to do.</summary>
internal sealed class AdminClient : IDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private const long LongestAnswer = 64 * 1024 * 1024;

    private static readonly JsonParser Parser = new(JsonParser.Settings.Default.WithIgnoreUnknownFields(true));

    private readonly HttpClient http;
    private readonly TimeProvider clock;

    /// <param name="address">Where the daemon listens.</param>
    /// <param name="clock">Measures the patience.</param>
    /// <param name="pass">What shows who asks; null for nothing.</param>
    public AdminClient(Uri address, TimeProvider clock, AdminPass? pass = null)
    {
        this.clock = clock;
        Address = address.GetLeftPart(UriPartial.Authority);
        var handler = new SocketsHttpHandler { UseProxy = false, UseCookies = false, AllowAutoRedirect = false };
        if (pass?.Socket is { } socket) handler.ConnectCallback = (context, stop) => ConnectAsync(socket, context.DnsEndPoint, stop);
        http = new HttpClient(handler)
        {
            BaseAddress = new Uri(Address + "/"),
            Timeout = Timeout.InfiniteTimeSpan,
            MaxResponseContentBufferSize = LongestAnswer,
        };
        if (pass?.Token is { } token) http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
    }

    public string Address { get; }

    public void Dispose() => http.Dispose();

    /// <param name="path">Relative, escaped.</param>
    public Task<T> GetAsync<T>(string path, CancellationToken stop)
        where T : IMessage, new() => SendAsync<T>(new HttpRequestMessage(HttpMethod.Get, path), stop);

    /// <param name="target">As a person names it.</param>
    /// <param name="wish">What is asked for.</param>
    /// <param name="stop">Ends it.</param>
    public Task<MakeWishResponse> WishAsync(string target, MakeWishRequest wish, CancellationToken stop) =>
        SendAsync<MakeWishResponse>(
            new HttpRequestMessage(HttpMethod.Post, $"{PathOf(target)}/wishes")
            {
                Content = new StringContent(JsonFormatter.Default.Format(wish), Encoding.UTF8, "application/json"),
            },
            stop);

    /// <summary>Statuses as they change, until stopped, the service goes, or the daemon does (then a <see cref="Failure"/>).</summary>
    public async IAsyncEnumerable<ServiceStatus> WatchAsync(string? service, [EnumeratorCancellation] CancellationToken stop)
    {
        using var response = await TryAsync(
            patience => http.SendAsync(
                new HttpRequestMessage(HttpMethod.Get, service is null ? "v1/watch" : $"{PathOf(service)}/watch"),
                HttpCompletionOption.ResponseHeadersRead,
                patience),
            stop);
        await ThrowUnlessGoodAsync(response, stop);
        await using var stream = await response.Content.ReadAsStreamAsync(stop);
        using var reading = new CancellationTokenSource();
        await using var events = SseParser.Create(stream).EnumerateAsync(reading.Token).GetAsyncEnumerator(CancellationToken.None);
        while (await TryAsync(NextAsync, stop))
            yield return Parse<ServiceStatus>(events.Current.Data);

        // The read itself must end before the enumerator may be disposed.
        async Task<bool> NextAsync(CancellationToken patience)
        {
            await using var end = patience.Register(reading.Cancel);
            return await events.MoveNextAsync();
        }
    }

    /// <summary>Where the API tells of a target, relative and escaped.</summary>
    /// <exception cref="Failure">It is no name of a target.</exception>
    public static string PathOf(string target) => TargetName.IsWhole(target)
        ? TargetName.PathOf(target)
        : throw new Failure(
            "no such name", target, "write SERVICE, SERVICE@ENVIRONMENT or SERVICE@ENVIRONMENT/TARGET", ExitCodes.Usage);

    private async Task<T> SendAsync<T>(HttpRequestMessage request, CancellationToken stop)
        where T : IMessage, new()
    {
        using (request)
        {
            using var response = await TryAsync(patience => http.SendAsync(request, patience), stop);
            await ThrowUnlessGoodAsync(response, stop);
            return Parse<T>(await response.Content.ReadAsStringAsync(stop));
        }
    }

    /// <summary>By the socket of a daemon that was started here; where none listens there any more, by the address.</summary>
    private static async ValueTask<Stream> ConnectAsync(string socket, DnsEndPoint address, CancellationToken stop)
    {
        var local = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await local.ConnectAsync(new UnixDomainSocketEndPoint(socket), stop);
            return new NetworkStream(local, ownsSocket: true);
        }
        catch (SocketException)
        {
            local.Dispose();
        }

        var remote = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await remote.ConnectAsync(address, stop);
            return new NetworkStream(remote, ownsSocket: true);
        }
        catch
        {
            remote.Dispose();
            throw;
        }
    }

    /// <summary>Every answer and every event has to come within the patience.</summary>
    private async Task<T> TryAsync<T>(Func<CancellationToken, Task<T>> ask, CancellationToken stop)
    {
        using var late = new CancellationTokenSource(Patience, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, late.Token);
        try
        {
            return await ask(either.Token);
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested && !stop.IsCancellationRequested)
        {
            throw new Failure(
                $"the daemon did not answer within {PrintedUnits.Span(Patience)}", Address, "see its log; it may be stopped or overloaded");
        }
        catch (HttpRequestException e) when (e.HttpRequestError is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError)
        {
            throw new Failure("no daemon answers", Address, $"start one with \"{Product.Name} run -f delivery.yaml\", forward the port of "
                + $"a controller on Kubernetes (kubectl port-forward POD {AdminAddress.Default.Port}), or name another with --admin URL");
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw new Failure("the daemon broke off", Address, $"ask again, or see its log ({e.Message})");
        }
    }

    private async Task ThrowUnlessGoodAsync(HttpResponseMessage response, CancellationToken stop)
    {
        if (response.IsSuccessStatusCode) return;
        var body = await response.Content.ReadAsStringAsync(stop);
        var problem = TryParse<Problem>(body);
        if (problem is null || problem.Title.Length == 0)
            throw new Failure($"HTTP {(int)response.StatusCode}", Address, "this is not a trafficctl daemon's answer: check --admin");
        throw new Failure(problem.Title, Address, problem.Detail);
    }

    private T Parse<T>(string json)
        where T : IMessage, new() =>
        TryParse<T>(json) is { } message ? message : throw new Failure("not a trafficctl daemon's answer", Address, "check --admin");

    private static T? TryParse<T>(string json)
        where T : IMessage, new()
    {
        try
        {
            return Parser.Parse<T>(json);
        }
        catch (Exception e) when (e is InvalidProtocolBufferException or InvalidJsonException)
        {
            return default;
        }
    }
}
