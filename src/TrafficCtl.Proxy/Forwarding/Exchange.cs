using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Services;
using TrafficCtl.Core.Signals;
using TrafficCtl.Proxy.Messages;
using TrafficCtl.Proxy.Settings;
using TrafficCtl.Proxy.Signals;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Model;

namespace TrafficCtl.Proxy.Forwarding;

/// <summary>
/// One request on its way through, from dispatch to last byte. The connection (or HTTP/2 stream) owns it and uses it again.
/// </summary>
internal sealed class Exchange(TimeProvider clock, Tunnels tunnels)
{
    private readonly Deadline deadline = new(clock);
    private readonly Cut cut = new();
    private CountedRequestBody? requestBody;
    private CountedResponseBody? responseBody;
    private bool countsRequest, countsResponse, isStream, isGrpc, isUpgraded, isUnanswered, leftBefore, isAnswerOver, isConnect;
    private long startedAt, headersAt, movedAt, announcedBytes;
    private ArmCell? cell;
    private string? newCookie;
    private Tunnel? tunnel;
    private IForwarderErrorFeature? secondFault;
    private EndpointLoad? load;

    public TimeProvider Clock => clock;

    public DefaultHttpContext Http { get; } = new();

    /// <summary>Room for an attribute that has to be decoded.</summary>
    public char[] Scratch { get; } = new char[Identity.AttributeReader.ScratchChars];

    public ServiceBinding? Binding { get; private set; }

    public RoutePlan? Plan { get; private set; }

    /// <summary>The client's body; null without one.</summary>
    public CountedRequestBody? RequestBody => countsRequest ? requestBody : null;

    public Arm Arm { get; private set; }

    /// <summary>The version that it is sent to.</summary>
    public UpstreamTarget? Target { get; private set; }

    /// <summary>Where it is sent by the attempt of the moment.</summary>
    public UpstreamUri? Address { get; set; }

    /// <summary>The endpoint that the last attempt is sent to; null before it was chosen.</summary>
    public DestinationState? Endpoint { get; private set; }

    /// <summary>The endpoint that no connection could be opened to, so that another one is tried; null in a first attempt.</summary>
    public DestinationState? Unreachable { get; private set; }

    public uint UserHash { get; private set; }

    public bool HasUser { get; private set; }

    /// <summary>The user is known by an identity that the request carries, not by our cookie.</summary>
    public bool HasIdentity { get; private set; }

    public bool HasBucket { get; private set; }

    /// <summary>The client came over TLS.</summary>
    public bool IsTls { get; private set; }

    public void Begin(IFeatureCollection features, bool isTls)
    {
        IsTls = isTls;
        Http.Initialize(features);
        features.Set(this);
    }

    /// <summary>Whose request it is, for the table of users.</summary>
    public void IsOf(uint userHash, bool hasIdentity) => (UserHash, HasUser, HasIdentity) = (userHash, true, hasIdentity);

    public void SetHeaders(int bucket, Arm arm)
    {
        var headers = Http.Request.Headers;
        headers[OwnHeaders.ArmName] = OwnHeaders.Arm(arm);
        HasBucket = bucket >= 0;
        if (HasBucket) headers[OwnHeaders.BucketName] = OwnHeaders.Bucket(bucket);
    }

    /// <summary>Of our own headers, those that this request really carries by our hand.</summary>
    public bool Sets(string header) =>
        header.Equals(OwnHeaders.ArmName, StringComparison.OrdinalIgnoreCase)
        || (HasBucket && header.Equals(OwnHeaders.BucketName, StringComparison.OrdinalIgnoreCase));

    public void SetCookie(string cookie) => newCookie = cookie;

    /// <summary>The client asked for what the version does not offer: it is answered 501, and that is no version's failure.</summary>
    public bool IsRefused { get; private set; }

    /// <summary>
    /// Sends the request to a version; <paramref name="counted"/> is null for a spill, which was counted where it was meant to go.
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
    /// <param name="counted">What is under way there; null when the version has one endpoint.</param>
    public void SendsTo(DestinationState endpoint, EndpointLoad? counted)
    {
        load?.End();
        (Endpoint, load) = (endpoint, counted);
        load?.Begin();
    }

    /// <summary>All of the body that came is on its way up, and more is to come: the upstream may wait for it.</summary>
    public void AwaitsClient() => deadline.Suspend();

    /// <summary>A part of the request body went up: the upstream's time to answer begins anew.</summary>
    public void RequestBodyMoved()
    {
        deadline.Restart();
        movedAt = clock.GetTimestamp();
    }

    /// <summary>A part of the answer went down: the next one is the upstream's turn.</summary>
    public void AnswerMoved() => movedAt = clock.GetTimestamp();

    /// <summary>Response headers are there and copied; null when there will be none of the upstream's.</summary>
    /// <returns>Whether the client should have them now: a stream may say nothing for long.</returns>
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
            // Whoever leaves from here on leaves after the upstream's fault.
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
            // The server takes as much at once, whether or not the client reads: who leaves then was kept waiting by the upstream.
            if (announcedBytes <= (HttpProtocol.IsHttp2(Http.Request.Protocol) ? 0 : ProxyOptions.ResponseBuffer)) return false;
        }

        responseBody ??= new CountedResponseBody(this);
        responseBody.Begin(Http.Features.Get<IHttpResponseBodyFeature>()!);
        Http.Features.Set<IHttpResponseBodyFeature>(responseBody);
        countsResponse = true;
        // A gRPC answer of headers only must end with them.
        return isStream && !(isGrpc && Grpc.StatusOf(response) >= 0);
    }

    /// <summary>The answer is copied to its end. Whoever leaves from here on has it, although the request may still be sent.</summary>
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

    /// <summary>The second attempt is over: it is the one that counts.</summary>
    public void EndAgain(IForwarderErrorFeature? fault) => secondFault = fault;

    public void BecameTunnel() => isUpgraded = true;

    private void Refuse() => (IsRefused, Http.Response.StatusCode) = (true, StatusCodes.Status501NotImplemented);

    /// <summary>There is no answer because the version accepts no extended CONNECT, and neither it nor stable ever did.</summary>
    private bool IsNotOffered() =>
        Http2Support.IsTunnelRefusal(Http.Features.Get<IForwarderErrorFeature>()?.Exception) && !Target!.Http2.TakesTunnels
        && !(Arm == Arm.Candidate && Plan!.Stable is { Http2.TakesTunnels: true });

    private void Learn(HttpResponseMessage answer)
    {
        if (!answer.IsSuccessStatusCode) return;
        // Over HTTP/1.1 it is a page where a tunnel was asked for; to pass its 200 on would say that there is one (RFC 8441 5).
        if (answer.Version.Major == 2) Target!.Http2.TookTunnel();
        else Refuse();
    }

    /// <summary>The last byte is out, or nothing more will come: count, and be ready for the next one.</summary>
    public void End()
    {
        if (Plan is not null) Record();
        tunnel?.End();
        Forget();
        Http.Uninitialize();
    }

    private void Record()
    {
        // Before the deadline gives the client's token back: what was cut off for the request's time is not held against the endpoint.
        if ((Unreachable ?? Endpoint) is { } first) Target!.Dispatcher.Report(Http, Target, first);
        var timedOut = deadline.End(out var clientLeft);
        if (cell is null) return;
        var response = Http.Response;
        var fault = Unreachable is null ? Http.Features.Get<IForwarderErrorFeature>() : secondFault;
        // A tunnel is cut by the drain as well, and that is no fault of the upstream's.
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
        cell.End(outcome, endedAt - startedAt, bytesIn, bytesOut, UserHash, HasUser, instance, waited);
        if (outcome.HasLatency())
            Binding!.Runtime.ExamplesOf(Arm).Offer(Http.Request.Headers.TraceParent, endedAt - startedAt, endedAt, clock);
    }

    /// <summary>By whom a client that left had been kept waiting.</summary>
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
