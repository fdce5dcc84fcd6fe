using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Signals;
using TrafficCtl.Proxy.Messages;
using TrafficCtl.Proxy.Settings;
using TrafficCtl.Proxy.Signals;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Model;

namespace TrafficCtl.Proxy.Forwarding;

/// <summary>
/// The state of one proxied request, from dispatch to the last byte. The connection (or HTTP/2 stream) owns and reuses it.
/// </summary>
internal sealed class Exchange(TimeProvider clock, Tunnels tunnels)
{
    private readonly Deadline deadline = new(clock);
    private readonly Cut cut = new();
    private CountedRequestBody? requestBody;
    private CountedResponseBody? responseBody;
    private bool countsRequest, countsResponse, isStream, isGrpc, isUpgraded, isUnanswered, leftBefore, isAnswerOver, isConnect;
    // Timestamps of the clock, 0 when not reached; announcedBytes is the length of a response whose body is not counted.
    private long startedAt, headersAt, movedAt, announcedBytes;
    private ArmCell? cell;
    private string? newCookie;
    private Tunnel? tunnel;
    private IForwarderErrorFeature? secondFault;
    private EndpointLoad? load;

    public TimeProvider Clock => clock;

    public DefaultHttpContext Http { get; } = new();

    /// <summary>Buffer for an identity attribute that has to be decoded.</summary>
    public char[] Scratch { get; } = new char[Identity.AttributeReader.ScratchChars];

    public ServiceBinding? Binding { get; private set; }

    public RoutePlan? Plan { get; private set; }

    /// <summary>The client's request body; null when there is none.</summary>
    public CountedRequestBody? RequestBody => countsRequest ? requestBody : null;

    public Arm Arm { get; private set; }

    /// <summary>The version that the request is sent to; null before dispatch.</summary>
    public UpstreamTarget? Target { get; private set; }

    /// <summary>The upstream address of the current attempt.</summary>
    public UpstreamUri? Address { get; set; }

    /// <summary>The endpoint of the latest attempt; null before one is chosen.</summary>
    public DestinationState? Endpoint { get; private set; }

    /// <summary>In a second attempt, the endpoint that the first one could not connect to; null in a first attempt.</summary>
    public DestinationState? Unreachable { get; private set; }

    public uint UserHash { get; private set; }

    public bool HasUser { get; private set; }

    /// <summary>The user is identified by an attribute of the request, not by the proxy's cookie.</summary>
    public bool HasIdentity { get; private set; }

    public bool HasBucket { get; private set; }

    /// <summary>The client connected over TLS.</summary>
    public bool IsTls { get; private set; }

    public void Begin(IFeatureCollection features, bool isTls)
    {
        IsTls = isTls;
        Http.Initialize(features);
        features.Set(this);
    }

    /// <summary>Sets the user of the request, for the table of users.</summary>
    public void IsOf(uint userHash, bool hasIdentity) => (UserHash, HasUser, HasIdentity) = (userHash, true, hasIdentity);

    public void SetHeaders(int bucket, Arm arm)
    {
        var headers = Http.Request.Headers;
        headers[OwnHeaders.ArmName] = OwnHeaders.Arm(arm);
        HasBucket = bucket >= 0;
        if (HasBucket) headers[OwnHeaders.BucketName] = OwnHeaders.Bucket(bucket);
    }

    /// <summary>Whether the proxy itself has set this <c>x-tc-*</c> header on the request.</summary>
    public bool Sets(string header) =>
        header.Equals(OwnHeaders.ArmName, StringComparison.OrdinalIgnoreCase)
        || (HasBucket && header.Equals(OwnHeaders.BucketName, StringComparison.OrdinalIgnoreCase));

    public void SetCookie(string cookie) => newCookie = cookie;

    /// <summary>
    /// The client asked for something that the version does not support. It gets a 501, which is not counted as a failure.
    /// </summary>
    public bool IsRefused { get; private set; }

    /// <summary>
    /// Sends the request to a version. <paramref name="counted"/> is null for a spill: a request that goes to the other arm and was counted
    /// on the arm that it was assigned to.
    /// </summary>
    public Task DispatchAsync(ServiceBinding binding, RoutePlan plan, Arm arm, UpstreamTarget target, ArmCell? counted)
    {
        (Binding, Plan, Arm, Target, cell) = (binding, plan, arm, target, counted);
        var features = Http.Features;
        var settings = plan.Serving.Settings;
        if (features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: true })
        {
            requestBody ??= new CountedRequestBody(this);
            requestBody.Begin(Http.Request.Body, settings.BodyLimit, Http.Request.ContentLength);
            Http.Request.Body = requestBody;
            countsRequest = true;
            // A gRPC client may stay silent for as long as the idle time allows.
            if (Grpc.IsGrpc(Http.Request.ContentType) && features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
                rate.MinDataRate = null;
        }

        var upgrade = features.Get<IHttpUpgradeFeature>();
        var connect = features.Get<IHttpExtendedConnectFeature>();
        isConnect = connect is { IsExtendedConnect: true };
        if (isConnect || upgrade is { IsUpgradableRequest: true })
        {
            tunnel = new Tunnel(this, tunnels, features.Get<IHttpRequestLifetimeFeature>()!, upgrade, connect);
            if (upgrade is not null) features.Set<IHttpUpgradeFeature>(tunnel);
            if (connect is not null) features.Set<IHttpExtendedConnectFeature>(tunnel);
        }

        cut.Begin(features);
        deadline.Begin(cut, settings.AttemptTimeout);
        startedAt = movedAt = clock.GetTimestamp();
        counted?.Start();
        return target.Dispatcher.SendAsync(this);
    }

    /// <param name="endpoint">Where this attempt goes.</param>
    /// <param name="counted">Counts the requests in flight to the endpoint; null when the version has only one endpoint.</param>
    public void SendsTo(DestinationState endpoint, EndpointLoad? counted)
    {
        load?.End();
        (Endpoint, load) = (endpoint, counted);
        load?.Begin();
    }

    /// <summary>
    /// All body bytes received so far were forwarded and more are expected: suspends the deadline, as the upstream may be waiting for them.
    /// </summary>
    public void AwaitsClient() => deadline.Suspend();

    /// <summary>A part of the request body was forwarded: restarts the upstream's deadline.</summary>
    public void RequestBodyMoved()
    {
        deadline.Restart();
        movedAt = clock.GetTimestamp();
    }

    /// <summary>A part of the response was sent to the client: from now on the client waits for the upstream again.</summary>
    public void AnswerMoved() => movedAt = clock.GetTimestamp();

    /// <summary>The upstream's response headers were received and copied; null when the upstream sent no response.</summary>
    /// <returns>Whether to flush the headers to the client now, because a stream may send no data for a long time.</returns>
    public bool ResponseArrived(HttpResponseMessage? answer)
    {
        var timedOut = deadline.Stop();
        RequestBody?.AnswerArrived();
        var response = Http.Response;
        if (newCookie is not null) response.Headers.Append("Set-Cookie", newCookie);
        if (answer is null)
        {
            if (timedOut) response.StatusCode = StatusCodes.Status504GatewayTimeout;
            else if (isConnect && IsNotOffered()) Refuse();
            else if (Http.Features.Get<IForwarderErrorFeature>() is { } fault
                && Ending.IsGivenUp(fault.Error, fault.Exception, response.StatusCode))
                response.StatusCode = StatusCodes.Status502BadGateway;
            // Only a client that left before counts as having left: from here on the upstream has failed already.
            (isUnanswered, leftBefore) = (true, deadline.ClientLeft);
            return false;
        }

        if (isConnect) Learn(answer);
        if (IsRefused) return false;
        headersAt = movedAt = clock.GetTimestamp();
        var contentType = response.ContentType;
        isGrpc = Grpc.IsGrpc(contentType);
        isStream = isGrpc || (contentType is not null && contentType.StartsWith("text/event-stream", StringComparison.OrdinalIgnoreCase));
        if (response.ContentLength is { } announced)
        {
            announcedBytes = HttpMethods.IsHead(Http.Request.Method) || response.StatusCode == StatusCodes.Status304NotModified
                ? 0
                : announced;
            // Kestrel buffers this much even if the client does not read, so a client that leaves meanwhile was waiting for the upstream.
            if (announcedBytes <= (HttpProtocol.IsHttp2(Http.Request.Protocol) ? 0 : ProxyOptions.ResponseBuffer)) return false;
        }

        responseBody ??= new CountedResponseBody(this);
        responseBody.Begin(Http.Features.Get<IHttpResponseBodyFeature>()!);
        Http.Features.Set<IHttpResponseBodyFeature>(responseBody);
        countsResponse = true;
        // A Trailers-Only gRPC response must end with its headers, so they are not flushed before the end.
        return isStream && !(isGrpc && Grpc.StatusOf(response) >= 0);
    }

    /// <summary>
    /// The whole response was copied. A client that disconnects from here on has received it, even if its request body is still being sent.
    /// </summary>
    public void AnswerEnded()
    {
        (isAnswerOver, leftBefore) = (true, deadline.ClientLeft);
        RequestBody?.AnswerEnded();
    }

    /// <summary>The second and last attempt begins.</summary>
    public void BeginAgain()
    {
        Unreachable = Endpoint;
        Binding!.Runtime.CountConnectRetry(Arm);
    }

    /// <summary>The second attempt has ended; its result is the one that is counted.</summary>
    public void EndAgain(IForwarderErrorFeature? fault) => secondFault = fault;

    public void BecameTunnel() => isUpgraded = true;

    private void Refuse() => (IsRefused, Http.Response.StatusCode) = (true, StatusCodes.Status501NotImplemented);

    /// <summary>
    /// There is no response because the version does not accept extended CONNECT, and never did. If stable does and the candidate does not,
    /// this is false, because that is a failure of the candidate.
    /// </summary>
    private bool IsNotOffered() =>
        Http2Support.IsTunnelRefusal(Http.Features.Get<IForwarderErrorFeature>()?.Exception) && !Target!.Http2.TakesTunnels
        && !(Arm == Arm.Candidate && Plan!.Stable is { Http2.TakesTunnels: true });

    private void Learn(HttpResponseMessage answer)
    {
        if (!answer.IsSuccessStatusCode) return;
        // A 2xx over HTTP/1.1 is an ordinary response. Forwarding it would tell the client that the tunnel is open (RFC 8441 5).
        if (answer.Version.Major == 2) Target!.Http2.TookTunnel();
        else Refuse();
    }

    /// <summary>The request has ended: records the outcome, and resets this object for the next request.</summary>
    public void End()
    {
        if (Plan is not null) Record();
        tunnel?.End();
        Forget();
        Http.Uninitialize();
    }

    private void Record()
    {
        // Before deadline.End releases the client's token: it tells the health check that the deadline cut the request off, not the
        // endpoint.
        if ((Unreachable ?? Endpoint) is { } first) Target!.Dispatcher.Report(Http, Target, first);
        var timedOut = deadline.End(out var clientLeft);
        if (cell is null) return;
        var response = Http.Response;
        var fault = Unreachable is null ? Http.Features.Get<IForwarderErrorFeature>() : secondFault;
        // A drain also cuts tunnels, which is not a failure of the upstream.
        var left = isUnanswered || isAnswerOver ? leftBefore : !isUpgraded && cut.ClientHadLeft is { } hadLeft ? hadLeft : clientLeft;
        var ending = new Ending(
            fault?.Error ?? ForwarderError.None, fault?.Exception, response.StatusCode,
            isGrpc ? Grpc.StatusOf(response) : -1, isGrpc, isUpgraded, left, timedOut,
            headersAt != 0, cut.ClientHadLeft is not null, countsRequest && requestBody!.WaitedInVain);
        var outcome = IsRefused ? Outcome.Refused : ending.Classify();
        var endedAt = (isStream || isUpgraded) && headersAt != 0 && !outcome.IsFailure() ? headersAt : clock.GetTimestamp();
        var bytesIn = (countsRequest ? requestBody!.Bytes : 0) + (tunnel?.BytesIn ?? 0);
        var bytesOut = (countsResponse ? responseBody!.Bytes : announcedBytes) + (tunnel?.BytesOut ?? 0);
        var instance = cell.Groups is null ? null : Endpoint?.DestinationId;
        var waited = outcome == Outcome.ClientAbort ? WaitedUntil(endedAt) : default;
        cell.End(
            outcome, endedAt - startedAt, bytesIn, bytesOut, UserHash, HasUser, instance, waited,
            outcome == Outcome.ClientError ? ending.ClientStatus : 0, outcome == Outcome.Success && HasSize(response) ? bytesOut : -1);
        CountPath(outcome, endedAt - startedAt, response.StatusCode);
        if (outcome.HasLatency())
            Binding!.Runtime.ExamplesOf(Arm).Offer(Http.Request.Headers.TraceParent, endedAt - startedAt, endedAt, clock);
    }

    /// <summary>The body is all of an answer to a request for one: HEAD, 304, streams and tunnels say nothing by their size.</summary>
    private bool HasSize(HttpResponse response) =>
        !isStream && !isUpgraded && response.StatusCode is >= 200 and < 300 && !HttpMethods.IsHead(Http.Request.Method);

    /// <summary>
    /// By route: under a rollout that compares them for both arms; else what stable answers is learnt, for the next rollout.
    /// </summary>
    private void CountPath(Outcome outcome, long elapsedTimestampTicks, int status)
    {
        if (Http.Request.Path.Value is not { } path) return;
        if (cell!.Paths is { } paths)
            paths.Count(path, outcome, elapsedTimestampTicks / (double)clock.TimestampFrequency, UserHash, HasUser);
        else if (Arm == Arm.Stable
            && outcome.IsCounted()
            && status != StatusCodes.Status404NotFound
            && Plan!.Serving.Spec.Analysis.Routes is { } grouping)
            Binding!.Runtime.Paths.Learn(path, grouping.Depth);
    }

    /// <summary>What a client that left had been waiting for, and for how long.</summary>
    private Waited WaitedUntil(long endedAt)
    {
        if (countsRequest && requestBody!.IsUnderWay) return default;
        if (headersAt == 0) return new Waited(WaitFor.Answer, endedAt - movedAt);
        return isStream || isUpgraded ? default : new Waited(WaitFor.Rest, endedAt - movedAt);
    }

    private void Forget()
    {
        if (countsRequest) requestBody!.Forget();
        if (countsResponse) responseBody!.Forget();
        cut.Forget();
        load?.End();
        (Binding, Plan, Arm, Target, cell, tunnel, newCookie) = (null, null, Arm.Stable, null, null, null, null);
        (Address, Unreachable, Endpoint, load, secondFault, HasIdentity) = (null, null, null, null, null, false);
        (countsRequest, countsResponse, isStream, isGrpc, isUpgraded) = (false, false, false, false, false);
        (isUnanswered, leftBefore, isAnswerOver, isConnect, IsRefused) = (false, false, false, false, false);
        (headersAt, movedAt, announcedBytes, UserHash, HasUser, HasBucket) = (0, 0, 0, 0, false, false);
    }
}
