using System.Text;
using Microsoft.AspNetCore.Http;
using TrafficCtl.Daemon.Api;
using TrafficCtl.V1;
using Xunit;

namespace TrafficCtl.Daemon.Tests.Api;

public class MessagesTests
{
    [Fact]
    public async Task Takes_any_bytes_for_a_message_or_a_bad_request()
    {
        var valid = Encoding.UTF8.GetBytes(
            """{"service":"checkout","kind":"publish","version":"v3","who":"ana","reason":"\u00e9 [1e9, null, true]"}""");
        var chance = new Random(20260101);
        Assert.True(await TakesAsync(valid));
        for (var i = 0; i < 5000; i++)
        {
            var bytes = valid.ToArray();
            for (var changes = chance.Next(1, 6); changes > 0; changes--) bytes[chance.Next(bytes.Length)] = (byte)chance.Next(256);
            await TakesAsync(bytes[..chance.Next(bytes.Length + 1)]);
        }
    }

    [Theory]
    [InlineData("null")]
    [InlineData("1")]
    [InlineData("\"pause\"")]
    [InlineData("""{"kind":1}""")]
    [InlineData("""{"kind":"a","kind":"b"}""")]
    [InlineData("""{"kind":"\ud800"}""")]
    public async Task Takes_odd_JSON_for_a_bad_request(string text) => Assert.False(await TakesAsync(Encoding.UTF8.GetBytes(text)));

    [Fact]
    public async Task Does_not_follow_nesting_down() => Assert.False(await TakesAsync(Encoding.UTF8.GetBytes(new string('[', 60_000))));

    /// <returns>The body is a message; else it is a bad request.</returns>
    private static async Task<bool> TakesAsync(byte[] body)
    {
        var request = new DefaultHttpContext().Request;
        request.Body = new MemoryStream(body);
        var (message, problem) = await Messages.ReadAsync<MakeWishRequest>(request, CancellationToken.None);
        Assert.True(message is not null ^ problem is not null);
        Assert.True(problem is null or { Status: StatusCodes.Status400BadRequest });
        return message is not null;
    }
}
