using System.Runtime.CompilerServices;
using Grpc.Core;
using Grpc.Net.Client;
using TrafficCtl.Cli.Asking;
using TrafficCtl.Cli.Printing;
using TrafficCtl.V1;

namespace TrafficCtl.Cli.Invocation;

/// <summary>The daemon's admin API by gRPC; whatever goes wrong becomes a <see cref="Failure"/> that says what to do.</summary>
internal sealed class AdminClient : IDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Of a list: so the daemon never holds the statuses of all services at once, and no answer nears the longest.</summary>
    private const int PageSize = 1000;

    private const int LongestAnswer = 64 * 1024 * 1024;

    private readonly AdminTransport transport;
    private readonly GrpcChannel channel;
    private readonly Rollouts.RolloutsClient rollouts;
    private readonly AdminEndpoint endpoint;
    private readonly TimeProvider clock;

    /// <param name="endpoint">Where the daemon listens.</param>
    /// <param name="clock">Measures the patience.</param>
    /// <param name="pass">What shows who asks.</param>
    /// <exception cref="Failure">A file of the pass cannot be used.</exception>
    public AdminClient(AdminEndpoint endpoint, TimeProvider clock, AdminPass? pass = null)
    {
        (this.endpoint, this.clock) = (endpoint, clock);
        transport = Opened(endpoint, pass ?? new AdminPass());
        channel = GrpcChannel.ForAddress(endpoint.Uri, new GrpcChannelOptions
        {
            HttpHandler = new GrpcOnly(transport.Handler, pass?.Token),
            MaxReceiveMessageSize = LongestAnswer,
        });
        rollouts = new Rollouts.RolloutsClient(channel);
    }

    /// <param name="address">Where the daemon listens, by HTTP.</param>
    /// <param name="clock">Measures the patience.</param>
    public AdminClient(Uri address, TimeProvider clock)
        : this(new AdminEndpoint(address, null), clock)
    {
    }

    public string Address => endpoint.Shown;

    /// <summary>Of services whose versions move through environments.</summary>
    public PipelineClient Pipelines => new(this, channel);

    public void Dispose()
    {
        channel.Dispose();
        transport.Dispose();
    }

    /// <summary>Every target, in the order of the API.</summary>
    public async Task<ListServicesResponse> ListServicesAsync(CancellationToken stop)
    {
        var all = new ListServicesResponse();
        while (true)
        {
            var after = all.Services.Count == 0 ? "" : TargetName.Of(all.Services[^1]);
            var request = new ListServicesRequest { Limit = PageSize, After = after };
            var page = await AskAsync(options => rollouts.ListServicesAsync(request, options), stop);
            all.Services.AddRange(page.Services);
            if (page.Services.Count < PageSize) return all;
        }
    }

    /// <param name="target">As a person names it.</param>
    /// <param name="stop">Ends it.</param>
    public Task<ServiceStatus> GetServiceAsync(string target, CancellationToken stop)
    {
        var (service, environment, place) = PartsOf(target);
        var request = new GetServiceRequest { Service = service, Environment = environment, Target = place };
        return AskAsync(options => rollouts.GetServiceAsync(request, options), stop);
    }

    /// <param name="target">As a person names it.</param>
    /// <param name="limit">At most so many, the newest.</param>
    /// <param name="stop">Ends it.</param>
    public Task<ListRolloutsResponse> ListRolloutsAsync(string target, int limit, CancellationToken stop)
    {
        var (service, environment, place) = PartsOf(target);
        var request = new ListRolloutsRequest { Service = service, Environment = environment, Target = place, Limit = limit };
        return AskAsync(options => rollouts.ListRolloutsAsync(request, options), stop);
    }

    /// <param name="target">As a person names it.</param>
    /// <param name="rollout">An id; empty for every one.</param>
    /// <param name="limit">At most so many, the newest.</param>
    /// <param name="stop">Ends it.</param>
    public Task<HistoryResponse> HistoryAsync(string target, string rollout, int limit, CancellationToken stop)
    {
        var (service, environment, place) = PartsOf(target);
        var request = new HistoryRequest
        {
            Service = service,
            Environment = environment,
            Target = place,
            Rollout = rollout,
            Limit = limit,
        };
        return AskAsync(options => new Journal.JournalClient(channel).HistoryAsync(request, options), stop);
    }

    /// <param name="target">As a person names it.</param>
    /// <param name="rollout">An id; empty for the newest.</param>
    /// <param name="stop">Ends it.</param>
    public Task<WhyResponse> WhyAsync(string target, string rollout, CancellationToken stop)
    {
        var (service, environment, place) = PartsOf(target);
        var request = new WhyRequest { Service = service, Environment = environment, Target = place, Rollout = rollout };
        return AskAsync(options => new Journal.JournalClient(channel).WhyAsync(request, options), stop);
    }

    /// <param name="target">As a person names it.</param>
    /// <param name="wish">What is asked for; its service, environment and target are those of the name.</param>
    /// <param name="stop">Ends it.</param>
    /// <remarks>Where the connection goes before the answer comes, it is sent once more: the daemon knows it by its key.</remarks>
    public async Task<MakeWishResponse> WishAsync(string target, MakeWishRequest wish, CancellationToken stop)
    {
        var (service, environment, place) = PartsOf(target);
        var request = new MakeWishRequest(wish) { Service = service, Environment = environment, Target = place };
        try
        {
            return await SendAsync();
        }
        catch (Failure failure) when (failure.IsBroken)
        {
            return await SendAsync();
        }

        Task<MakeWishResponse> SendAsync() => AskAsync(options => rollouts.MakeWishAsync(request, options), stop);
    }

    /// <param name="request">Names its service.</param>
    /// <param name="stop">Ends it.</param>
    /// <remarks>Where the connection goes before the answer comes, it is sent once more: the same again changes nothing.</remarks>
    public async Task<PublishResponse> PublishAsync(PublishRequest request, CancellationToken stop)
    {
        try
        {
            return await SendAsync();
        }
        catch (Failure failure) when (failure.IsBroken)
        {
            return await SendAsync();
        }

        Task<PublishResponse> SendAsync() => AskAsync(options => rollouts.PublishAsync(request, options), stop);
    }

    /// <summary>Statuses as they change, until stopped, the service goes, or the daemon does (then a <see cref="Failure"/>).</summary>
    public async IAsyncEnumerable<ServiceStatus> WatchAsync(string? target, [EnumeratorCancellation] CancellationToken stop)
    {
        var (service, environment, place) = target is null ? ("", "", "") : PartsOf(target);
        var request = new WatchRequest { Service = service, Environment = environment, Target = place };
        using var call = rollouts.Watch(request, new CallOptions());
        while (await TryAsync(call.ResponseStream.MoveNext, stop)) yield return call.ResponseStream.Current;
    }

    private static (string Service, string Environment, string Target) PartsOf(string target) => TargetName.IsWhole(target)
        ? TargetName.PartsOf(target)
        : throw new Failure(
            "no such name", target, "write SERVICE, SERVICE@ENVIRONMENT or SERVICE@ENVIRONMENT/TARGET", ExitCodes.Usage);

    private static AdminTransport Opened(AdminEndpoint endpoint, AdminPass pass)
    {
        try
        {
            return new AdminTransport(endpoint, pass);
        }
        catch (CertificateFileException unusable)
        {
            throw new Failure("cannot be used", unusable.File, unusable.Message);
        }
    }

    /// <summary>The daemon, too, ends what nobody waits for any more.</summary>
    internal Task<T> AskAsync<T>(Func<CallOptions, AsyncUnaryCall<T>> ask, CancellationToken stop) => TryAsync(
        async patience =>
        {
            var deadline = (TimeProvider.System.GetUtcNow() + Patience).UtcDateTime;
            return await ask(new CallOptions(deadline: deadline, cancellationToken: patience));
        },
        stop);

    /// <summary>Every answer and every event has to come within the patience.</summary>
    private async Task<T> TryAsync<T>(Func<CancellationToken, Task<T>> ask, CancellationToken stop)
    {
        using var late = new CancellationTokenSource(Patience, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, late.Token);
        try
        {
            return await ask(either.Token);
        }
        catch (Exception e) when (e is RpcException or OperationCanceledException)
        {
            stop.ThrowIfCancellationRequested();
            if (late.IsCancellationRequested || e is not RpcException { StatusCode: not StatusCode.DeadlineExceeded } refused)
                throw AdminFailures.TooLate(Patience, endpoint);
            throw await AdminFailures.OfAsync(refused, endpoint, transport, clock, stop);
        }
    }
}
