using System.Net;
using System.Net.Sockets;
using TrafficCtl.Proxy.Upstreams;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Proxy.Tests.Upstreams;

public sealed class AddressBookTests
{
    private static readonly IPAddress One = IPAddress.Parse("10.0.0.1"), Two = IPAddress.Parse("10.0.0.2");
    private static readonly IPAddress Three = IPAddress.Parse("fd00::3");

    private readonly ManualClock clock = new();
    private readonly AddressBook book;
    private Func<Task<IPAddress[]>> answer = () => Task.FromResult<IPAddress[]>([One]);
    private int asked;

    public AddressBookTests() => book = new AddressBook(
        (_, _) =>
        {
            Interlocked.Increment(ref asked);
            return answer();
        },
        clock);

    [Fact]
    public async Task Another_set_of_addresses_is_another_generation_and_another_order_is_not()
    {
        Answer(One, Two, Three);
        var first = await AskAsync();
        Answer(Three, One, Two);
        var reordered = await AskAsync();
        Answer(Three, One);
        var fewer = await AskAsync();

        Assert.Equal([Three, One, Two], reordered.Addresses);
        Assert.Equal(first.Generation, reordered.Generation);
        Assert.Equal([Three, One], fewer.Addresses);
        Assert.NotEqual(first.Generation, fewer.Generation);
        Assert.Equal(3, asked);
    }

    [Theory]
    [InlineData(SocketError.TryAgain)]
    [InlineData(SocketError.NoRecovery)]
    public async Task A_name_service_that_fails_leaves_the_last_answer_in_force(SocketError error)
    {
        var last = await AskAsync();
        Fail(error);

        Assert.Same(last, await AskAsync());
    }

    [Theory]
    [InlineData(SocketError.HostNotFound)]
    [InlineData(SocketError.NoData)]
    public async Task A_name_that_is_gone_is_gone(SocketError error)
    {
        await AskAsync();
        Fail(error);

        Assert.Equal(error, (await Assert.ThrowsAsync<SocketException>(AskAsync)).SocketErrorCode);
    }

    [Fact]
    public async Task Without_a_last_answer_a_failure_is_a_failure_and_no_address_is_no_name()
    {
        Fail(SocketError.TryAgain);
        Assert.Equal(SocketError.TryAgain, (await Assert.ThrowsAsync<SocketException>(AskAsync)).SocketErrorCode);
        Answer();
        Assert.Equal(SocketError.HostNotFound, (await Assert.ThrowsAsync<SocketException>(AskAsync)).SocketErrorCode);
    }

    [Fact]
    public async Task A_slow_answer_is_not_waited_for_where_there_is_a_last_one_and_is_taken_when_it_comes()
    {
        var last = await AskAsync();
        var slow = new TaskCompletionSource<IPAddress[]>();
        answer = () => slow.Task;

        var waiting = AskAsync();
        Assert.False(waiting.IsCompleted);
        clock.Advance(TimeSpan.FromMilliseconds(250));
        Assert.Same(last, await waiting);

        var patient = AskAsync();
        slow.SetResult([Two]);
        Assert.Equal([Two], (await patient).Addresses);
        Assert.Equal(2, asked);
    }

    [Fact]
    public async Task Those_who_ask_at_the_same_time_ask_once()
    {
        var slow = new TaskCompletionSource<IPAddress[]>();
        answer = () => slow.Task;
        var all = Enumerable.Range(0, 10).Select(_ => AskAsync()).ToArray();
        slow.SetResult([One]);

        Assert.Single((await Task.WhenAll(all)).Distinct());
        Assert.Equal(1, asked);
    }

    [Fact]
    public async Task A_name_that_nobody_wants_any_more_begins_anew()
    {
        var before = await AskAsync();
        book.Keep(new HashSet<string> { "other.internal" });

        Assert.NotEqual(before.Generation, (await AskAsync()).Generation);
    }

    private Task<NameAnswer> AskAsync() => book.AskAsync("shop.internal", CancellationToken.None);

    private void Answer(params IPAddress[] addresses) => answer = () => Task.FromResult(addresses);

    private void Fail(SocketError error) => answer = () => Task.FromException<IPAddress[]>(new SocketException((int)error));
}
