using System.Net;
using Google.Protobuf;
using Google.Rpc;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Reflection.V1;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Daemon.Api;
using TrafficCtl.Daemon.Limits;
using TrafficCtl.Daemon.Tests.Hosting;
using TrafficCtl.Daemon.Api.Rpc;
using TrafficCtl.TestKit;
using TrafficCtl.V1;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Api.Rpc;

public class RpcTests
{
    private static readonly MakeWishRequest Pause = new() { Service = "checkout", Kind = "pause", Who = "ana", Reason = "lunch" };

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 0)]
    public async Task Serves_both_versions_of_HTTP_on_its_port(int major, int minor)
    {
        await using var host = await ApiHost.StartAsync(Example.Active());
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/services")
        {
            Version = new Version(major, minor),
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        using var response = await host.Http.SendAsync(request);
        Assert.Equal((HttpStatusCode.OK, request.Version), (response.StatusCode, response.Version));
    }

    [Fact]
    public async Task Says_what_was_not_found_in_a_detail_that_programs_read()
    {
        await using var host = await ApiHost.StartAsync(Example.Active());
        using var channel = host.Channel();
        var refused =
            await RefusedAsync(new Rollouts.RolloutsClient(channel).GetServiceAsync(new GetServiceRequest { Service = "chekout" }));
        Assert.Equal(StatusCode.NotFound, refused.StatusCode);
        var status = refused.GetRpcStatus()!;
        Assert.Equal(("trafficctl.io", "UNKNOWN_SERVICE"), (status.GetDetail<ErrorInfo>()!.Domain, status.GetDetail<ErrorInfo>()!.Reason));
        Assert.Equal(
            ("service", "chekout"), (status.GetDetail<ResourceInfo>()!.ResourceType, status.GetDetail<ResourceInfo>()!.ResourceName));
    }

    [Fact]
    public async Task Names_the_field_that_is_wrong()
    {
        await using var host = await ApiHost.StartAsync(Example.Active());
        using var channel = host.Channel();
        var refused =
            await RefusedAsync(new Rollouts.RolloutsClient(channel).MakeWishAsync(new MakeWishRequest(Pause) { Reason = "a\u001bb" }));
        Assert.Equal(StatusCode.InvalidArgument, refused.StatusCode);
        var violation = refused.GetRpcStatus()!.GetDetail<BadRequest>()!.FieldViolations.Single();
        Assert.Equal(("reason", refused.Status.Detail), (violation.Field, violation.Description));
        Assert.Contains("U+001B (escape)", violation.Description);
        Assert.Empty(host.Wished);
    }

    [Fact]
    public async Task Passes_on_the_key_and_the_expectation_of_a_wish()
    {
        await using var host = await ApiHost.StartAsync(Example.Active());
        using var channel = host.Channel();
        var client = new Rollouts.RolloutsClient(channel);
        var seen = (await client.GetServiceAsync(new GetServiceRequest { Service = "checkout" })).Generation;
        await client.MakeWishAsync(new MakeWishRequest(Pause) { IdempotencyKey = "k1", ExpectedGeneration = seen });
        Assert.Equal(("k1", 17L), (host.Wished[0].IdempotencyKey, host.Wished[0].ExpectedGeneration));
    }

    [Fact]
    public async Task Tells_a_stale_wish_from_a_refused_one()
    {
        await using var host = await ApiHost.StartAsync(Example.Active());
        host.Answer = static wish => new WishOutcome(wish, false, "generation 16 was expected and 17 is in force") { IsStale = true };
        using var channel = host.Channel();
        var late = new MakeWishRequest(Pause) { ExpectedGeneration = 16 };
        var stale = await RefusedAsync(new Rollouts.RolloutsClient(channel).MakeWishAsync(late));
        Assert.Equal(StatusCode.Aborted, stale.StatusCode);
        var violation = stale.GetRpcStatus()!.GetDetail<PreconditionFailure>()!.Violations.Single();
        Assert.Equal(("GENERATION", "checkout@default"), (violation.Type, violation.Subject));
        using var byHttp = await host.WishAsync("""{"kind":"pause","expectedGeneration":"16"}""");
        Assert.Equal(stale.Status.Detail, (await ApiHost.ProblemOf(byHttp, HttpStatusCode.PreconditionFailed)).Detail);
    }

    [Fact]
    public async Task Tells_a_used_key_from_a_refused_wish()
    {
        await using var host = await ApiHost.StartAsync(Example.Active());
        host.Answer = static wish => new WishOutcome(wish, false, "the idempotency key k1 is that of another wish") { IsOfUsedKey = true };
        using var channel = host.Channel();
        var repeated = new MakeWishRequest(Pause) { IdempotencyKey = "k1" };
        var used = await RefusedAsync(new Rollouts.RolloutsClient(channel).MakeWishAsync(repeated));
        Assert.Equal((StatusCode.AlreadyExists, "KEY_WAS_USED"), (used.StatusCode, used.GetRpcStatus()!.GetDetail<ErrorInfo>()!.Reason));
        using var byHttp = await host.WishAsync("""{"kind":"pause","idempotencyKey":"k1"}""");
        await ApiHost.ProblemOf(byHttp, HttpStatusCode.Conflict);
    }

    [Fact]
    public async Task Lets_nothing_hold_up_an_abort()
    {
        await using var host = await ApiHost.StartAsync(Example.Active());
        using var channel = host.Channel();
        var abort = new MakeWishRequest { Service = "checkout", Kind = "abort", ExpectedGeneration = 17 };
        var refused = await RefusedAsync(new Rollouts.RolloutsClient(channel).MakeWishAsync(abort));
        Assert.Equal("expected_generation", refused.GetRpcStatus()!.GetDetail<BadRequest>()!.FieldViolations.Single().Field);
    }

    [Fact]
    public async Task Says_that_the_store_may_be_asked_again()
    {
        await using var host = await ApiHost.StartAsync(Example.Active());
        host.Journal.IsGone = true;
        using var channel = host.Channel();
        var refused = await RefusedAsync(new V1.Journal.JournalClient(channel).HistoryAsync(new HistoryRequest { Service = "checkout" }));
        Assert.Equal((StatusCode.Unavailable, "the disk is full: free some space"), (refused.StatusCode, refused.Status.Detail));
        Assert.NotNull(refused.GetRpcStatus()!.GetDetail<RetryInfo>());
    }

    [Fact]
    public async Task Refuses_a_name_of_a_length_that_no_trailer_takes_in_a_few_words()
    {
        await using var host = await ApiHost.StartAsync(Example.Active());
        using var channel = host.Channel();
        var name = new GetServiceRequest { Service = new string('x', 60_000) };
        var refused = await RefusedAsync(new Rollouts.RolloutsClient(channel).GetServiceAsync(name));
        Assert.Equal(StatusCode.NotFound, refused.StatusCode);
        Assert.InRange(refused.Status.Detail.Length, 1, 200);
    }

    [Fact]
    public async Task Refuses_a_message_beyond_the_limit()
    {
        await using var host = await ApiHost.StartAsync(Example.Active());
        using var channel = host.Channel();
        var refused = await RefusedAsync(
            new Rollouts.RolloutsClient(channel).MakeWishAsync(
                new MakeWishRequest(Pause) { Reason = new string('x', Messages.BodyLimit) }));
        Assert.Equal(StatusCode.ResourceExhausted, refused.StatusCode);
        Assert.Empty(host.Wished);
    }

    [Fact]
    public async Task Ends_a_call_at_its_deadline_and_stops_to_wait()
    {
        await using var host = await ApiHost.StartAsync(Example.Active());
        var left = new TaskCompletionSource();
        host.Answering = stop =>
        {
            stop.Register(left.SetResult);
            return new TaskCompletionSource().Task.WaitAsync(stop);
        };
        using var channel = host.Channel();
        var late = await RefusedAsync(
            new Rollouts.RolloutsClient(channel).MakeWishAsync(Pause, deadline: DateTime.UtcNow.AddMilliseconds(200)));
        Assert.Equal(StatusCode.DeadlineExceeded, late.StatusCode);
        await left.Task;
        Assert.Single(host.Wished);
    }

    [Fact]
    public async Task Tells_the_present_then_every_change_until_the_process_stops()
    {
        await using var host = await ApiHost.StartAsync(Example.Active());
        using var channel = host.Channel();
        using var watch = new Rollouts.RolloutsClient(channel).Watch(new WatchRequest { Service = "checkout" });
        Assert.Equal("Observing", (await NextAsync(watch))!.Rollout.Phase);
        host.Views.Put(Example.Active(new Phase.Shifting(2)));
        host.Views.Publish();
        Assert.Equal("Shifting", (await NextAsync(watch))!.Rollout.Phase);
        await host.StopAsync();
        Assert.Null(await NextAsync(watch));
    }

    [Fact]
    public async Task Counts_the_watchers_of_both_protocols_together_until_they_go()
    {
        const int Most = 8;
        await using var host = await ApiHost.StartAsync(
            Example.Facts, static services => services.AddSingleton(new AdminLimits { Watches = Most }), Example.Active());
        using var channel = host.Channel();
        var client = new Rollouts.RolloutsClient(channel);
        using var byHttp = await host.Http.GetAsync("/v1/watch", HttpCompletionOption.ResponseHeadersRead);
        var open = new List<AsyncServerStreamingCall<ServiceStatus>>();
        for (var i = 1; i < Most; i++)
        {
            open.Add(client.Watch(new WatchRequest()));
            Assert.NotNull(await NextAsync(open[^1]));
        }

        using (var tooMany = client.Watch(new WatchRequest()))
        {
            var refused = await Assert.ThrowsAsync<RpcException>(() => NextAsync(tooMany));
            Assert.Equal(StatusCode.ResourceExhausted, refused.StatusCode);
            Assert.Equal("TOO_MANY_WATCHERS", refused.GetRpcStatus()!.GetDetail<ErrorInfo>()!.Reason);
        }

        open[0].Dispose();
        await Eventually.TrueAsync(
            async () =>
            {
                using var again = client.Watch(new WatchRequest());
                try
                {
                    return await NextAsync(again) is not null;
                }
                catch (RpcException refused) when (refused.StatusCode == StatusCode.ResourceExhausted)
                {
                    return false;
                }
            },
            "the place of a watcher that went is free");
        open.ForEach(static watch => watch.Dispose());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    public async Task Drops_and_counts_watchers_that_do_not_read(int many)
    {
        await using var host = await ApiHost.StartAsync(
            Example.Facts, static services => services.AddSingleton(new WatchCounts { UnreadFor = TimeSpan.FromMilliseconds(500) }),
            Example.Active());
        using var channel = host.Channel();
        var client = new Rollouts.RolloutsClient(channel);
        var open = Enumerable.Range(0, many).Select(_ => client.Watch(new WatchRequest())).ToList();
        foreach (var watch in open) Assert.NotNull(await NextAsync(watch));
        Assert.Equal(many, host.Watches.Open);
        await Eventually.TrueAsync(
            () =>
            {
                host.Views.Publish();
                return host.Watches is { Open: 0 } counts && counts.Dropped == many;
            },
            $"all {many} are dropped");
        Assert.NotNull(await client.GetServiceAsync(new GetServiceRequest { Service = "checkout" }));
        open.ForEach(static watch => watch.Dispose());
    }

    [Fact]
    public async Task Lists_in_pages()
    {
        await using var host = await ApiHost.StartAsync(Example.Quiet("search"), Example.Active(), Example.Quiet("basket"));
        using var channel = host.Channel();
        var client = new Rollouts.RolloutsClient(channel);
        var first = await client.ListServicesAsync(new ListServicesRequest { Limit = 2 });
        Assert.Equal(["basket", "checkout"], first.Services.Select(static s => s.Service));
        var second = await client.ListServicesAsync(new ListServicesRequest { Limit = 2, After = "checkout@default" });
        Assert.Equal(["search"], second.Services.Select(static s => s.Service));
    }

    [Theory]
    [InlineData("Host", "rebound.example:9180")]
    [InlineData("Origin", "https://evil.example")]
    public async Task Guards_each_service_as_the_HTTP_API_is_guarded(string header, string value)
    {
        await using var host = await ApiHost.StartAsync(Example.Active());
        using var channel = host.Channel(request =>
        {
            if (header == "Host") request.Headers.Host = value;
            else request.Headers.Add(header, value);
        });
        using var watch = new Rollouts.RolloutsClient(channel).Watch(new WatchRequest());
        using var reflection = new ServerReflection.ServerReflectionClient(channel).ServerReflectionInfo();
        RpcException[] refusals =
        [
            await RefusedAsync(new Rollouts.RolloutsClient(channel).MakeWishAsync(Pause)),
            await RefusedAsync(new V1.Journal.JournalClient(channel).WhyAsync(new WhyRequest { Service = "checkout" })),
            await RefusedAsync(new Health.HealthClient(channel).CheckAsync(new HealthCheckRequest())),
            await Assert.ThrowsAsync<RpcException>(() => NextAsync(watch)),
            await Assert.ThrowsAsync<RpcException>(() => reflection.ResponseStream.MoveNext(CancellationToken.None)),
        ];
        Assert.All(refusals, static refused => Assert.Equal(StatusCode.PermissionDenied, refused.StatusCode));
        Assert.Empty(host.Wished);
    }

    [Fact]
    public async Task Is_healthy_as_long_as_it_is_ready()
    {
        await using var host = await ApiHost.StartAsync(Example.Active());
        using var channel = host.Channel();
        var client = new Health.HealthClient(channel);
        Assert.Equal(
            RolloutsReflection.Descriptor.Services.Concat(PromotionsReflection.Descriptor.Services).Select(static s => s.FullName)
                .Order(StringComparer.Ordinal), RpcApi.ServiceNames);
        foreach (var service in RpcApi.ServiceNames.Append(""))
        {
            var asked = new HealthCheckRequest { Service = service };
            Assert.Equal(HealthCheckResponse.Types.ServingStatus.NotServing, (await client.CheckAsync(asked)).Status);
            host.Readiness.TurnOn();
            Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, (await client.CheckAsync(asked)).Status);
            host.Readiness.TurnOff("draining");
        }
    }

    [Fact]
    public async Task Describes_its_services_to_who_has_no_contract()
    {
        await using var host = await ApiHost.StartAsync(Example.Active());
        using var channel = host.Channel();
        using var call = new ServerReflection.ServerReflectionClient(channel).ServerReflectionInfo();
        await call.RequestStream.WriteAsync(new ServerReflectionRequest { ListServices = "" });
        Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None));
        var services = call.ResponseStream.Current.ListServicesResponse.Service.Select(static s => s.Name).ToList();
        Assert.Empty(((string[])["trafficctl.v1.Rollouts", "trafficctl.v1.Journal", "grpc.health.v1.Health"]).Except(services));
        await call.RequestStream.WriteAsync(new ServerReflectionRequest { FileContainingSymbol = "trafficctl.v1.Rollouts" });
        Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None));
        Assert.NotEmpty(call.ResponseStream.Current.FileDescriptorResponse.FileDescriptorProto);
        await call.RequestStream.CompleteAsync();
    }

    [Fact]
    public async Task Takes_any_bytes_for_a_message_or_refuses_them()
    {
        await using var host = await ApiHost.StartAsync(Example.Active());
        using var channel = host.Channel();
        var bytes = Marshallers.Create(static (byte[] message) => message, static message => message);
        var method = new Method<byte[], byte[]>(MethodType.Unary, "trafficctl.v1.Rollouts", "MakeWish", bytes, bytes);
        var valid = Pause.ToByteArray();
        var chance = new Random(20260101);
        for (var i = 0; i < 500; i++)
        {
            var changed = valid.ToArray();
            for (var changes = chance.Next(1, 6); changes > 0; changes--) changed[chance.Next(changed.Length)] = (byte)chance.Next(256);
            using var call = channel.CreateCallInvoker().AsyncUnaryCall(
                method, null, new CallOptions(), changed[..chance.Next(changed.Length + 1)]);
            try
            {
                await call;
            }
            catch (RpcException refused)
            {
                Assert.True(refused.StatusCode is StatusCode.InvalidArgument or StatusCode.NotFound, refused.Message);
            }
        }

        Assert.NotNull(await new Rollouts.RolloutsClient(channel).GetServiceAsync(new GetServiceRequest { Service = "checkout" }));
    }

    [Theory]
    [InlineData("trafficctl.v1.Rollouts", "GetService")]
    [InlineData("trafficctl.v1.Rollouts", "Watch")]
    [InlineData("trafficctl.v1.Journal", "Why")]
    [InlineData("grpc.health.v1.Health", "Check")]
    [InlineData("grpc.reflection.v1.ServerReflection", "ServerReflectionInfo")]
    public async Task Bytes_that_are_no_message_are_a_wrong_argument_and_leave_no_trace_in_the_log(string service, string name)
    {
        using var said = new SaidLines();
        await using var host = await ApiHost.StartAsync(
            Example.Facts, services => services.AddSingleton<ILoggerProvider>(said), Example.Active());
        using var channel = host.Channel();
        var bytes = Marshallers.Create(static (byte[] message) => message, static message => message);
        var method = new Method<byte[], byte[]>(MethodType.DuplexStreaming, service, name, bytes, bytes);
        using var call = channel.CreateCallInvoker().AsyncDuplexStreamingCall(method, null, new CallOptions());
        await call.RequestStream.WriteAsync([0xFF, 0xFF, 0xFF]);
        await call.RequestStream.CompleteAsync();
        var refused = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(CancellationToken.None));
        Assert.Equal(StatusCode.InvalidArgument, refused.StatusCode);
        Assert.DoesNotContain(said.Lines, static line => line.Contains("service method", StringComparison.Ordinal));
    }

    private static async Task<ServiceStatus?> NextAsync(AsyncServerStreamingCall<ServiceStatus> watch) =>
        await watch.ResponseStream.MoveNext(CancellationToken.None) ? watch.ResponseStream.Current : null;

    private static Task<RpcException> RefusedAsync<T>(AsyncUnaryCall<T> call) => Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync);
}
