using System.Net;
using System.Security.Cryptography.X509Certificates;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TrafficCtl.V1;
using RpcStatus = Google.Rpc.Status;

namespace TrafficCtl.Cli.Tests;

/// <summary>A gRPC server of the contract on a real loopback port that answers what the test gave it, by the route of each call.</summary>
internal sealed class CannedDaemon : IAsyncDisposable
{
    private readonly Dictionary<string, object> answers = new(StringComparer.Ordinal);
    private WebApplication? app;

    /// <summary>As the command line takes it.</summary>
    public string Address { get; private set; } = "";

    /// <summary>Watches stay open after their last status.</summary>
    public bool HoldsStreams { get; set; }

    /// <summary>Calls wait for ever.</summary>
    public bool Hangs { get; set; }

    /// <summary>How many calls break off after they were taken, before they are answered.</summary>
    public int Breaks { get; set; }

    public List<MakeWishRequest> Wishes { get; } = [];

    public List<PublishRequest> Publications { get; } = [];

    public List<MakeOrderRequest> Orders { get; } = [];

    /// <summary>The credentials of each call.</summary>
    public List<string?> Authorizations { get; } = [];

    /// <summary>The subject of each call's client certificate.</summary>
    public List<string?> Certificates { get; } = [];

    public static Task<CannedDaemon> StartAsync() =>
        StartAsync("http", static (kestrel, listen) => kestrel.Listen(IPAddress.Loopback, 0, listen));

    public static Task<CannedDaemon> OnSocketAsync(string path) =>
        StartAsync("http", (kestrel, listen) => kestrel.ListenUnixSocket(path, listen), $"unix:{path}");

    /// <param name="certificate">With its key.</param>
    /// <param name="clients">The authority of client certificates, which are then needed; null for none.</param>
    public static Task<CannedDaemon> WithTlsAsync(X509Certificate2 certificate, X509Certificate2? clients = null) => StartAsync(
        "https",
        (kestrel, listen) => kestrel.Listen(IPAddress.Loopback, 0, options =>
        {
            listen(options);
            options.UseHttps(https =>
            {
                https.ServerCertificate = certificate;
                if (clients is null) return;
                https.ClientCertificateMode = ClientCertificateMode.RequireCertificate;
                https.ClientCertificateValidation = (shown, _, _) => shown.Issuer == clients.Subject;
            });
        }));

    public CannedDaemon With(string route, IMessage message) => Add(route, message);

    public CannedDaemon With(string route, Problem problem) => Add(route, problem);

    public CannedDaemon WithEvents(string route, params ServiceStatus[] statuses) => Add(route, statuses);

    /// <summary>The call ends with a status that has no details.</summary>
    public CannedDaemon With(string route, StatusCode code, string detail) => Add(route, new Grpc.Core.Status(code, detail));

    public async ValueTask DisposeAsync() => await app!.DisposeAsync();

    private static async Task<CannedDaemon> StartAsync(
        string scheme, Action<KestrelServerOptions, Action<ListenOptions>> listen, string? address = null)
    {
        var daemon = new CannedDaemon();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => listen(kestrel, static options => options.Protocols = HttpProtocols.Http2));
        builder.Services.AddSingleton(daemon).AddGrpc();
        daemon.app = builder.Build();
        daemon.app.MapGrpcService<CannedRollouts>();
        daemon.app.MapGrpcService<CannedJournal>();
        daemon.app.MapGrpcService<CannedPromotions>();
        await daemon.app.StartAsync();
        var bound = daemon.app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        daemon.Address = address ?? $"{scheme}://127.0.0.1:{new Uri(bound).Port}";
        return daemon;
    }

    private CannedDaemon Add(string route, object answer)
    {
        answers[route] = answer;
        return this;
    }

    private async Task<T> AnswerAsync<T>(string route, ServerCallContext context)
        where T : class, IMessage
    {
        var http = context.GetHttpContext();
        Authorizations.Add(http.Request.Headers.Authorization);
        Certificates.Add(http.Connection.ClientCertificate?.Subject);
        if (Breaks > 0)
        {
            Breaks--;
            http.Abort();
        }

        if (Hangs) await new TaskCompletionSource().Task.WaitAsync(context.CancellationToken);
        return answers.GetValueOrDefault(route) switch
        {
            T message => message,
            Problem problem => throw Refused(problem),
            Grpc.Core.Status status => throw new RpcException(status),
            _ => throw new RpcException(new Grpc.Core.Status(StatusCode.NotFound, $"the test has no answer for {route}")),
        };
    }

    private async Task WatchAsync(string route, IServerStreamWriter<ServiceStatus> to, ServerCallContext context)
    {
        if (answers.GetValueOrDefault(route) is not ServiceStatus[] statuses)
            throw new RpcException(new Grpc.Core.Status(StatusCode.NotFound, $"the test has no events for {route}"));
        foreach (var status in statuses) await to.WriteAsync(status, context.CancellationToken);
        if (HoldsStreams) await new TaskCompletionSource().Task.WaitAsync(context.CancellationToken);
    }

    /// <summary>As the daemon refuses.</summary>
    private static RpcException Refused(Problem problem) => new RpcStatus
    {
        Code = problem.Status switch
        {
            400 => (int)Code.InvalidArgument,
            401 => (int)Code.Unauthenticated,
            403 => (int)Code.PermissionDenied,
            404 => (int)Code.NotFound,
            409 => (int)Code.AlreadyExists,
            _ => (int)Code.Unavailable,
        },
        Message = problem.Detail,
        Details =
        {
            Any.Pack(new ErrorInfo { Domain = "trafficctl.io", Reason = problem.Title.Replace(' ', '_').ToUpperInvariant() }),
        },
    }.ToRpcException();

    private static string TargetOf(string service, string environment, string target) =>
        $"/v1/services/{service}{(environment.Length > 0 ? $"/environments/{environment}" : "")}"
        + $"{(target.Length > 0 ? $"/targets/{target}" : "")}";

    private static string RolloutQuery(string rollout, string before) => rollout.Length > 0 ? $"{before}rollout={rollout}" : "";

    private sealed class CannedRollouts(CannedDaemon daemon) : Rollouts.RolloutsBase
    {
        public override Task<ListServicesResponse> ListServices(ListServicesRequest request, ServerCallContext context) =>
            daemon.AnswerAsync<ListServicesResponse>(
                request.After.Length > 0 ? $"/v1/services?after={request.After}" : "/v1/services", context);

        public override Task<ServiceStatus> GetService(GetServiceRequest request, ServerCallContext context) =>
            daemon.AnswerAsync<ServiceStatus>(TargetOf(request.Service, request.Environment, request.Target), context);

        public override Task<ListRolloutsResponse> ListRollouts(ListRolloutsRequest request, ServerCallContext context) =>
            daemon.AnswerAsync<ListRolloutsResponse>(
                $"{TargetOf(request.Service, request.Environment, request.Target)}/rollouts?limit={request.Limit}", context);

        public override Task<PublishResponse> Publish(PublishRequest request, ServerCallContext context)
        {
            daemon.Publications.Add(request);
            return daemon.AnswerAsync<PublishResponse>($"/v1/services/{request.Service}/publications", context);
        }

        public override Task<MakeWishResponse> MakeWish(MakeWishRequest request, ServerCallContext context)
        {
            daemon.Wishes.Add(request);
            return daemon.AnswerAsync<MakeWishResponse>(
                $"{TargetOf(request.Service, request.Environment, request.Target)}/wishes", context);
        }

        public override Task Watch(WatchRequest request, IServerStreamWriter<ServiceStatus> responseStream, ServerCallContext context) =>
            daemon.WatchAsync(
                request.Service.Length == 0 ? "/v1/watch" : $"{TargetOf(request.Service, request.Environment, request.Target)}/watch",
                responseStream, context);
    }

    private sealed class CannedPromotions(CannedDaemon daemon) : V1.Promotions.PromotionsBase
    {
        public override Task<ListPipelinesResponse> ListPipelines(ListPipelinesRequest request, ServerCallContext context) =>
            daemon.answers.ContainsKey("/v1/pipelines")
                ? daemon.AnswerAsync<ListPipelinesResponse>("/v1/pipelines", context)
                : Task.FromResult(new ListPipelinesResponse());

        public override Task<PipelineStatus> GetPipeline(GetPipelineRequest request, ServerCallContext context) =>
            daemon.answers.ContainsKey($"/v1/pipelines/{request.Service}")
                ? daemon.AnswerAsync<PipelineStatus>($"/v1/pipelines/{request.Service}", context)
                : throw new RpcException(new Grpc.Core.Status(StatusCode.NotFound, $"no pipeline \"{request.Service}\" here"));

        public override Task<WhenResponse> When(WhenRequest request, ServerCallContext context) => daemon.AnswerAsync<WhenResponse>(
            $"/v1/pipelines/{request.Service}/when{(request.Version.Length > 0 ? $"?version={request.Version}" : "")}", context);

        public override Task<MakeOrderResponse> MakeOrder(MakeOrderRequest request, ServerCallContext context)
        {
            daemon.Orders.Add(request);
            return daemon.AnswerAsync<MakeOrderResponse>(
                request.Service.Length > 0 ? $"/v1/pipelines/{request.Service}/orders" : "/v1/orders", context);
        }
    }

    private sealed class CannedJournal(CannedDaemon daemon) : Journal.JournalBase
    {
        public override Task<HistoryResponse> History(HistoryRequest request, ServerCallContext context) =>
            daemon.AnswerAsync<HistoryResponse>(
                $"{TargetOf(request.Service, request.Environment, request.Target)}/history?limit={request.Limit}"
                    + RolloutQuery(request.Rollout, "&"),
                context);

        public override Task<WhyResponse> Why(WhyRequest request, ServerCallContext context) => daemon.AnswerAsync<WhyResponse>(
            $"{TargetOf(request.Service, request.Environment, request.Target)}/why{RolloutQuery(request.Rollout, "?")}", context);
    }
}
