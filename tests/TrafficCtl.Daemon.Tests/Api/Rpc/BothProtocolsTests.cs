using System.Net.ServerSentEvents;
using System.Text.RegularExpressions;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using TrafficCtl.Daemon.Api;
using TrafficCtl.Daemon.Api.Windows;
using TrafficCtl.TestKit;
using TrafficCtl.V1;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Api.Rpc;

/// <summary>The contract is <c>proto/</c>; HTTP/JSON and gRPC are two ways to ask the same.</summary>
public sealed partial class BothProtocolsTests
{
    private const string Target = "/v1/services/{service}";

    private static readonly IReadOnlyList<MethodDescriptor> Contract =
    [
        .. RolloutsReflection.Descriptor.Services.Concat(PromotionsReflection.Descriptor.Services)
            .SelectMany(static service => service.Methods),
    ];

    private const string Publication =
        """{"service":"checkout","version":"v9","digest":"sha256:0000000000000000000000000000000000000000000000000000000000000000"}""";

    /// <summary>A request of each call in both protocols; calls that answer with statuses have the environment named too.</summary>
    public static TheoryData<string, string, string> Requests => new()
    {
        { "ListServices", "/v1/services", "{}" },
        { "ListServices", "/v1/services?limit=1", """{"limit":1}""" },
        { "ListServices", "/v1/services?after=checkout@default", """{"after":"checkout@default"}""" },
        { "GetService", "/v1/services/checkout", """{"service":"checkout"}""" },
        {
            "GetService", "/v1/services/checkout/environments/default/targets/default",
            """{"service":"checkout","environment":"default","target":"default"}"""
        },
        { "ListRollouts", "/v1/services/checkout/rollouts", """{"service":"checkout"}""" },
        { "ListRollouts", "/v1/services/checkout/rollouts?limit=1&before=3", """{"service":"checkout","limit":1,"before":"3"}""" },
        { "History", "/v1/services/checkout/history?limit=2&before=4", """{"service":"checkout","limit":2,"before":"4"}""" },
        { "History", "/v1/services/checkout/history", """{"service":"checkout"}""" },
        { "Why", "/v1/services/checkout/why", """{"service":"checkout"}""" },
        { "Why", "/v1/services/search/why", """{"service":"search"}""" },
        { "Why", $"/v1/services/checkout/why?rollout={Example.Rollout}", $$"""{"service":"checkout","rollout":"{{Example.Rollout}}"}""" },
        { "Watch", "/v1/services/checkout/watch", """{"service":"checkout"}""" },
        { "Watch", "/v1/watch", "{}" },
        { "MakeWish", "/v1/services/checkout/wishes", """{"service":"checkout","kind":"pause","who":"ana","reason":"lunch"}""" },
        { "Judge", "/v1/judge", """{"windows":[{"t":5,"arm":"stable","requests":10},{"t":5,"arm":"candidate","requests":10}]}""" },
        {
            "Judge", "/v1/judge?explain=true&nextWeight=500",
            """{"options":{"explain":true,"nextWeight":500},"windows":[{"trace":"a","t":5,"arm":"stable","requests":10}]}"""
        },
        { "Publish", "/v1/services/checkout/publications", Publication },
        { "ListPublications", "/v1/services/checkout/publications", """{"service":"checkout"}""" },
        { "ListPipelines", "/v1/pipelines", "{}" },
        { "ListPipelines", "/v1/pipelines?limit=1&after=a", """{"limit":1,"after":"a"}""" },
        { "GetPipeline", "/v1/pipelines/checkout", """{"service":"checkout"}""" },
        { "When", "/v1/pipelines/checkout/when", """{"service":"checkout"}""" },
        { "When", "/v1/pipelines/checkout/when?version=v24", """{"service":"checkout","version":"v24"}""" },
        {
            "MakeOrder", "/v1/pipelines/checkout/orders",
            """{"service":"checkout","kind":"veto","environment":"prod","version":"v25","until":"2000-01-01T00:00:00Z","reason":"r"}"""
        },
        { "MakeOrder", "/v1/orders", """{"kind":"release-the-line"}""" },
    };

    /// <summary>Requests that are refused, alike.</summary>
    public static TheoryData<string, string, string> Refused => new()
    {
        { "ListServices", "/v1/services?limit=-1", """{"limit":-1}""" },
        { "GetService", "/v1/services/chekout", """{"service":"chekout"}""" },
        { "GetService", "/v1/services/checkout/environments/prod", """{"service":"checkout","environment":"prod"}""" },
        {
            "GetService", "/v1/services/checkout/environments/default/targets/eu",
            """{"service":"checkout","environment":"default","target":"eu"}"""
        },
        { "ListRollouts", "/v1/services/checkout/rollouts?limit=101", """{"service":"checkout","limit":101}""" },
        { "ListRollouts", "/v1/services/checkout/rollouts?before=-1", """{"service":"checkout","before":"-1"}""" },
        { "History", "/v1/services/checkout/history?limit=1001", """{"service":"checkout","limit":1001}""" },
        { "History", "/v1/services/checkout/history?before=-1", """{"service":"checkout","before":"-1"}""" },
        { "History", "/v1/services/checkout/history?rollout=x", """{"service":"checkout","rollout":"x"}""" },
        { "Why", "/v1/services/checkout/why?rollout=x", """{"service":"checkout","rollout":"x"}""" },
        { "Watch", "/v1/services/none/watch", """{"service":"none"}""" },
        { "MakeWish", "/v1/services/checkout/wishes", """{"service":"checkout","kind":"puase"}""" },
        { "MakeWish", "/v1/services/checkout/wishes", """{"service":"checkout","kind":"publish"}""" },
        { "MakeWish", "/v1/services/checkout/wishes", """{"service":"checkout","kind":"pause","expectedGeneration":"-1"}""" },
        { "MakeWish", "/v1/services/checkout/wishes", """{"service":"checkout","kind":"abort","expectedGeneration":"1"}""" },
        { "MakeWish", "/v1/services/checkout/wishes", """{"service":"checkout","kind":"pause","reason":"two\nlines"}""" },
        { "Judge", "/v1/judge", """{"windows":[{"t":5,"arm":"stable","requests":1,"errors":2}]}""" },
        { "Judge", "/v1/judge", """{"windows":[{"t":5,"arm":"stabel","requests":1}]}""" },
        { "Judge", "/v1/judge", """{"windows":[]}""" },
        { "Judge", "/v1/judge?nextWeight=10001", """{"options":{"nextWeight":10001}}""" },
        { "Judge", "/v1/judge?analysis=%5B", """{"options":{"analysis":"["}}""" },
        { "Publish", "/v1/services/checkout/publications", """{"service":"checkout","version":"v9","digest":"sha256:00"}""" },
        { "ListPublications", "/v1/services/none/publications", """{"service":"none"}""" },
        { "ListPipelines", "/v1/pipelines?limit=-1", """{"limit":-1}""" },
        { "GetPipeline", "/v1/pipelines/search", """{"service":"search"}""" },
        { "When", "/v1/pipelines/checkout/when?version=v9", """{"service":"checkout","version":"v9"}""" },
        { "MakeOrder", "/v1/pipelines/checkout/orders", """{"service":"checkout","kind":"pin","environment":"prod"}""" },
        {
            "MakeOrder", "/v1/pipelines/checkout/orders",
            """{"service":"checkout","kind":"pin","environment":"qa","version":"v24"}"""
        },
        { "MakeOrder", "/v1/orders", """{"kind":"pin","environment":"prod","version":"v24"}""" },
    };

    [Fact]
    public async Task Every_call_of_the_contract_is_served_by_both()
    {
        await using var host = await ApiHost.StartAsync(Example.Active());
        var names = Contract.Select(static rpc => rpc.FullName).Order(StringComparer.Ordinal).ToList();
        var routes = host.Endpoints.Select(static e => e.Metadata.GetMetadata<HttpRoute>()?.Rpc.FullName).OfType<string>();
        var calls = host.Endpoints.Select(
            static e => e.Metadata.GetMetadata<GrpcMethodMetadata>()?.Method.FullName.TrimStart('/').Replace('/', '.'))
            .OfType<string>().Where(static name => name.StartsWith("trafficctl.", StringComparison.Ordinal));
        Assert.Equal(names, routes.Distinct().Order(StringComparer.Ordinal));
        Assert.Equal(names, calls.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Routes_are_those_that_the_contract_says_beside_each_call()
    {
        await using var host = await ApiHost.StartAsync(Example.Active());
        var files = Directory.GetFiles(Path.Combine(Repository.Root, "proto/trafficctl/v1"), "*.proto");
        var proto = string.Concat(await Task.WhenAll(files.Select(static file => File.ReadAllTextAsync(file))));
        var said = RpcWithRoutes().Matches(proto).SelectMany(static rpc => RouteLine().Matches(rpc.Groups["comment"].Value)
            .SelectMany(route =>
                Paths(route.Groups["path"].Value).Select(path => $"{rpc.Groups["name"].Value}: {route.Groups["verb"].Value} {path}")));
        var mapped = host.Endpoints.Where(static e => e.Metadata.GetMetadata<HttpRoute>() is not null).Select(static e =>
            $"{e.Metadata.GetMetadata<HttpRoute>()!.Rpc.Name}: "
            + $"{e.Metadata.GetMetadata<Microsoft.AspNetCore.Routing.HttpMethodMetadata>()!.HttpMethods.Single()} "
            + $"{e.RoutePattern.RawText}");
        Assert.Equal(mapped.Order(StringComparer.Ordinal), said.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_call_is_tried() => Assert.Equal(
        Contract.Select(static rpc => rpc.Name).Order(StringComparer.Ordinal),
        Requests.Select(static row => row.Data.Item1).Distinct().Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Requests))]
    public async Task Both_answer_the_same_message(string name, string path, string request)
    {
        await using var host = await ApiHost.StartAsync(Example.Active(), Example.Quiet("search"));
        using var channel = host.Channel();
        var rpc = Contract.Single(rpc => rpc.Name == name);
        // The first of the same publications is recorded, and the others are told so.
        if (name == "Publish") (await SendAsync(host, rpc, path, request)).Dispose();
        var byRpc = await channel.AskAsync(rpc, JsonParser.Default.Parse(request, rpc.InputType));
        Assert.Equal(JsonParser.Default.Parse(await FirstAsync(host, rpc, path, request), rpc.OutputType), byRpc);
        if (name == "MakeWish") Assert.Equal(host.Wished[0], host.Wished[1]);
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task Both_refuse_the_same_in_the_same_words(string name, string path, string request)
    {
        await using var host = await ApiHost.StartAsync(Example.Active(), Example.Quiet("search"));
        using var channel = host.Channel();
        var rpc = Contract.Single(rpc => rpc.Name == name);
        var refused = await Assert.ThrowsAsync<RpcException>(() => channel.AskAsync(rpc, JsonParser.Default.Parse(request, rpc.InputType)));
        using var response = await SendAsync(host, rpc, path, request);
        var problem = JsonParser.Default.Parse<Problem>(await response.Content.ReadAsStringAsync());
        Assert.True(problem.Status == (int)response.StatusCode);
        Assert.Equal(problem.Status == 404 ? StatusCode.NotFound : StatusCode.InvalidArgument, refused.StatusCode);
        Assert.Equal(problem.Detail, refused.Status.Detail);
        Assert.Empty(host.Wished);
        Assert.Empty(host.Orders.Facts);
    }

    private static async Task<string> FirstAsync(ApiHost host, MethodDescriptor rpc, string path, string request)
    {
        using var response = await SendAsync(host, rpc, path, request);
        response.EnsureSuccessStatusCode();
        if (rpc.IsClientStreaming) return (await response.Content.ReadAsStringAsync()).Split('\n')[0];
        if (!rpc.IsServerStreaming) return await response.Content.ReadAsStringAsync();
        await foreach (var status in SseParser.Create(await response.Content.ReadAsStreamAsync()).EnumerateAsync()) return status.Data;
        throw new InvalidOperationException($"{path} ended without an event");
    }

    private static Task<HttpResponseMessage> SendAsync(
        ApiHost host, MethodDescriptor rpc, string path, string request) => rpc.Name switch
        {
            "MakeWish" => host.WishAsync(request),
            "Judge" => host.Http.PostAsync(path, LinesOf(request)),
            "Publish" => host.PublishAsync(request),
            "MakeOrder" => host.Http.PostAsync(path, new StringContent(request, System.Text.Encoding.UTF8, "application/json")),
            _ => host.Http.GetAsync(path, HttpCompletionOption.ResponseHeadersRead),
        };

    private static StringContent LinesOf(string request) => new(
        string.Join('\n', JsonParser.Default.Parse<JudgeRequest>(request).Windows.Select(MessageJson.Format)),
        new System.Net.Http.Headers.MediaTypeHeaderValue(WindowRequests.MediaType));

    private static IEnumerable<string> Paths(string path) => path.StartsWith("TARGET", StringComparison.Ordinal)
        ? ((string[])[Target, $"{Target}/environments/{{environment}}", $"{Target}/environments/{{environment}}/targets/{{target}}"])
            .Select(target => path.Replace("TARGET", target, StringComparison.Ordinal))
        : [path];

    [GeneratedRegex(@"(?<comment>(^  // [^\n]*\n)+)  rpc (?<name>\w+)\(", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex RpcWithRoutes();

    [GeneratedRegex(@"// (?<verb>GET|POST) (?<path>\S+)", RegexOptions.ExplicitCapture)]
    private static partial Regex RouteLine();
}
