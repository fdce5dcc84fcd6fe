using Microsoft.AspNetCore.Http;
using TrafficCtl.Core.Signals;
using TrafficCtl.Proxy.Messages;
using Xunit;
using Yarp.ReverseProxy.Forwarder;

namespace TrafficCtl.Proxy.Tests.Forwarding;

public sealed class EndingTests
{
    private static readonly Ending Good = new(
        ForwarderError.None, null, 200, -1, IsGrpc: false, IsUpgraded: false, ClientLeft: false, TimedOut: false, IsAnswered: false,
        IsCut: false);

    [Theory]
    [InlineData(200, Outcome.Success)]
    [InlineData(304, Outcome.Success)]
    [InlineData(404, Outcome.ClientError)]
    [InlineData(499, Outcome.ClientError)]
    [InlineData(500, Outcome.ServerError)]
    [InlineData(503, Outcome.ServerError)]
    public void Goes_by_the_status_of_an_answer(int status, Outcome expected) =>
        Assert.Equal(expected, (Good with { Status = status }).Classify());

    [Fact]
    public void Counts_the_grpc_statuses_that_are_the_servers_fault_and_apart_from_them_those_that_blame_the_caller()
    {
        int[] failures = [2, 4, 8, 12, 13, 14, 15], callers = [3, 5, 6, 7, 9, 10, 11, 16];
        for (var status = 0; status <= 16; status++)
        {
            var expected = failures.Contains(status)
                ? Outcome.GrpcFailure
                : callers.Contains(status) ? Outcome.ClientError : Outcome.Success;
            var ending = Good with { IsGrpc = true, GrpcStatus = status };
            Assert.Equal(expected, ending.Classify());
            Assert.Equal(expected == Outcome.ClientError, ending.ClientStatus is >= 400 and < 500);
        }

        Assert.Equal(Outcome.GrpcFailure, (Good with { IsGrpc = true, GrpcStatus = -1 }).Classify());
    }

    [Theory]
    [InlineData(ForwarderError.RequestBodyClient)]
    [InlineData(ForwarderError.RequestBodyCanceled)]
    [InlineData(ForwarderError.RequestBodyDestination)]
    public void Goes_by_the_answer_of_an_upstream_that_did_not_read_the_request_to_its_end(ForwarderError error)
    {
        var answered = Good with { Error = error, Fault = new OperationCanceledException(), IsAnswered = true };

        Assert.Equal(Outcome.Success, answered.Classify());
        Assert.Equal(Outcome.ServerError, (answered with { Status = 500 }).Classify());
        Assert.Equal(Outcome.GrpcFailure, (answered with { IsGrpc = true, GrpcStatus = 13 }).Classify());
        Assert.Equal(Outcome.ClientAbort, (answered with { ClientLeft = true }).Classify());
        Assert.NotEqual(Outcome.Success, (answered with { IsCut = true }).Classify());
    }

    [Fact]
    public void Does_not_take_an_upstream_that_failed_while_the_body_was_read_for_a_client_that_left()
    {
        var fault = new AggregateException(new OperationCanceledException(), new HttpRequestException(HttpRequestError.HttpProtocolError));
        var given = Good with { Error = ForwarderError.RequestBodyClient, Fault = fault, Status = 400, ClientSilent = true };

        Assert.Equal(Outcome.InvalidResponse, given.Classify());
        Assert.Equal(Outcome.ClientAbort, (given with { ClientLeft = true }).Classify());
        Assert.Equal(Outcome.ClientAbort, (given with { Fault = new IOException() }).Classify());
        Assert.Equal(Outcome.ClientAbort, (given with { Fault = new AggregateException(new IOException(), fault) }).Classify());
        Assert.Equal(Outcome.ClientAbort, (given with { Status = StatusCodes.Status408RequestTimeout }).Classify());

        // A second attempt found the body used up by the first.
        var again = new AggregateException(new OperationCanceledException(), new InvalidOperationException());
        Assert.Equal(Outcome.Reset, (given with { Fault = again }).Classify());
    }

    [Theory]
    [InlineData(HttpRequestError.ConnectionError, Outcome.ConnectFailure)]
    [InlineData(HttpRequestError.NameResolutionError, Outcome.ConnectFailure)]
    [InlineData(HttpRequestError.SecureConnectionError, Outcome.ConnectFailure)]
    [InlineData(HttpRequestError.InvalidResponse, Outcome.InvalidResponse)]
    [InlineData(HttpRequestError.HttpProtocolError, Outcome.InvalidResponse)]
    [InlineData(HttpRequestError.ResponseEnded, Outcome.Reset)]
    [InlineData(HttpRequestError.Unknown, Outcome.Reset)]
    public void Tells_a_refused_connection_from_garbage_and_from_a_reset(HttpRequestError error, Outcome expected) => Assert.Equal(
        expected, (Good with { Error = ForwarderError.Request, Fault = new HttpRequestException(error), Status = 502 }).Classify());

    [Fact]
    public void Takes_a_connection_that_was_not_made_in_time_for_a_connect_failure()
    {
        var fault = new TaskCanceledException("ConnectTimeout", new TimeoutException());

        Assert.Equal(
            Outcome.ConnectFailure, (Good with { Error = ForwarderError.RequestTimedOut, Fault = fault, Status = 504 }).Classify());
        Assert.Equal(
            Outcome.Deadline,
            (Good with { Error = ForwarderError.RequestTimedOut, Fault = new OperationCanceledException(), Status = 504 }).Classify());
    }

    [Theory]
    [InlineData(ForwarderError.RequestCanceled)]
    [InlineData(ForwarderError.ResponseBodyCanceled)]
    [InlineData(ForwarderError.RequestBodyCanceled)]
    public void Blames_a_client_that_left_and_else_the_upstream(ForwarderError error)
    {
        Assert.Equal(Outcome.ClientAbort, (Good with { Error = error, ClientLeft = true }).Classify());
        Assert.Equal(Outcome.Deadline, (Good with { Error = error, TimedOut = true }).Classify());
        Assert.Equal(Outcome.Deadline, (Good with { Error = error }).Classify());
    }

    [Fact]
    public void A_broken_answer_is_the_upstreams_though_the_clients_connection_is_gone_by_then()
    {
        var broken = Good with { Error = ForwarderError.ResponseBodyDestination, Fault = new IOException(), ClientLeft = true };

        Assert.Equal(Outcome.Reset, broken.Classify());
    }

    [Theory]
    [InlineData(ForwarderError.RequestTimedOut)]
    [InlineData(ForwarderError.RequestBodyCanceled)]
    [InlineData(ForwarderError.ResponseBodyDestination)]
    public void Blames_nobody_when_the_idle_time_ran_out_while_the_client_owed_a_part_of_its_body(ForwarderError error)
    {
        var idle = Good with { Error = error, Fault = new OperationCanceledException(), Status = 504 };

        Assert.Equal(Outcome.ClientAbort, (idle with { ClientSilent = true }).Classify());
        Assert.Equal(Outcome.Deadline, idle.Classify());
        Assert.Equal(
            Outcome.ConnectFailure,
            (Good with
            {
                Error = ForwarderError.RequestTimedOut,
                Fault = new TaskCanceledException("", new TimeoutException()),
                ClientSilent = true,
            })
                .Classify());
    }

    [Fact]
    public void A_body_beyond_the_limit_is_a_refusal_and_a_broken_one_the_clients_doing()
    {
        var tooLarge = new AggregateException(new BadHttpRequestException("large", 413), new HttpRequestException());

        Assert.Equal(Outcome.Refused, (Good with { Error = ForwarderError.RequestBodyClient, Fault = tooLarge, Status = 413 }).Classify());
        Assert.Equal(
            Outcome.ClientAbort,
            (Good with { Error = ForwarderError.RequestBodyClient, Fault = new IOException(), Status = 400 }).Classify());
    }

    [Fact]
    public void A_tunnel_fails_only_when_its_upstream_breaks_it()
    {
        var tunnel = Good with { IsUpgraded = true, Status = 101 };

        Assert.Equal(Outcome.Success, tunnel.Classify());
        Assert.Equal(Outcome.Success, (tunnel with { Error = ForwarderError.UpgradeRequestClient, ClientLeft = true }).Classify());
        Assert.Equal(Outcome.Success, (tunnel with { Error = ForwarderError.UpgradeActivityTimeout }).Classify());
        Assert.Equal(Outcome.Reset, (tunnel with { Error = ForwarderError.UpgradeResponseDestination }).Classify());
    }

    [Fact]
    public void Every_error_of_the_forwarder_has_an_outcome()
    {
        foreach (var error in Enum.GetValues<ForwarderError>())
            if (error != ForwarderError.None)
                Assert.NotEqual(Outcome.Success, (Good with { Error = error, Status = 502 }).Classify());
    }
}
