using System.Collections.Immutable;
using Grpc.AspNetCore.Server.Model;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace TrafficCtl.Daemon.Api.Rpc;

/// <summary>The admin API: the contract's calls as gRPC, with reflection and health beside them.</summary>
public static class RpcApi
{
    /// <summary>What a message has around it.</summary>
    private const int PrefixBytes = 5;

    /// <summary>
    /// The services of the contract, whose health may be asked for. By name: to ask their descriptors reads the whole contract, at each
    /// start.
    /// </summary>
    internal static readonly ImmutableArray<string> ServiceNames =
        ["trafficctl.v1.Journal", "trafficctl.v1.Judging", "trafficctl.v1.Promotions", "trafficctl.v1.Rollouts"];

    /// <summary>How soon a watch of the health sees a change.</summary>
    private static readonly TimeSpan HealthEvery = TimeSpan.FromSeconds(1);

    /// <summary>Adds what <see cref="MapTrafficCtlRpc"/> needs beside <c>AddTrafficCtlApi</c>.</summary>
    public static IServiceCollection AddTrafficCtlRpc(this IServiceCollection services)
    {
        services.AddGrpc(static options =>
        {
            options.MaxReceiveMessageSize = Messages.BodyLimit - PrefixBytes;
            options.MaxSendMessageSize = null; // Lists are as long as they are: clients that take less ask for pages.
            options.CompressionProviders = [CheckedCompression.Gzip, CheckedCompression.Deflate];
            options.Interceptors.Add<RpcGuard>();
        });
        services.AddSingleton<RpcCalls>();
        services.AddGrpcReflection();
        services.RemoveAll(typeof(IServiceMethodProvider<>));
        services.AddSingleton(typeof(IServiceMethodProvider<>), typeof(CheckedMethods<>));
        services.AddGrpcHealthChecks(static options =>
        {
            foreach (var name in ServiceNames) options.Services.Map(name, static _ => true);
        }).AddCheck<ReadinessCheck>("readiness");
        services.Configure<HealthCheckPublisherOptions>(static options => (options.Delay, options.Period) = (TimeSpan.Zero, HealthEvery));
        return services;
    }

    /// <summary>Maps the contract's services, <c>grpc.health.v1</c> and reflection.</summary>
    public static void MapTrafficCtlRpc(this IEndpointRouteBuilder routes)
    {
        routes.MapGrpcService<RolloutsService>().WithMetadata(MessagesAreLimited.Instance);
        routes.MapGrpcService<JournalService>().WithMetadata(MessagesAreLimited.Instance);
        routes.MapGrpcService<JudgingService>().WithMetadata(MessagesAreLimited.Instance);
        routes.MapGrpcService<PromotionsService>().WithMetadata(MessagesAreLimited.Instance);
        routes.MapGrpcHealthChecksService().WithMetadata(MessagesAreLimited.Instance);
        routes.MapGrpcReflectionService().WithMetadata(MessagesAreLimited.Instance);
    }

    /// <summary>The limit of the server cuts a body without a status; that of messages, which is read first, says what is wrong.</summary>
    private sealed class MessagesAreLimited : IRequestSizeLimitMetadata
    {
        public static readonly MessagesAreLimited Instance = new();

        public long? MaxRequestBodySize => null;
    }
}
