using System.Text;
using TrafficCtl.Proxy.Messages;
using Xunit;

namespace TrafficCtl.Proxy.Tests.Forwarding;

public sealed class AnswerHeadTests
{
    [Theory]
    [InlineData("HTTP/1.1 413 Payload Too Large\r\n", 413)]
    [InlineData("HTTP/1.0 200\r\n", 200)]
    [InlineData("HTTP/1.1 302 Found\n", 302)]
    [InlineData("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 413 No\r\n", 413)]
    [InlineData("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 102 Processing\n\nHTTP/1.1 503 Busy\r\n", 503)]
    public void Finds_the_final_status_however_the_bytes_are_cut(string text, int expected)
    {
        var bytes = Encoding.Latin1.GetBytes(text);

        for (var length = 0; length < bytes.Length; length++)
        {
            Assert.Equal(0, AnswerHead.EndOfStatusLine(bytes.AsSpan(0, length), out var none));
            Assert.Equal(0, none);
        }

        Assert.Equal(bytes.Length, AnswerHead.EndOfStatusLine([.. bytes, .. "Content-Length: 0\r\n\r\n"u8], out var status));
        Assert.Equal(expected, status);
    }

    [Theory]
    [InlineData("SSH-2.0-OpenSSH_9.2\r\n")]
    [InlineData("HTTP/2")]
    [InlineData("HTTP/1.1 banana\r\n")]
    [InlineData("HTTP/1.1 41\r\n")]
    [InlineData("HTTP/1.1 099 Odd\r\n")]
    [InlineData("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n")]
    public void Leaves_alone_what_is_no_answer_of_one_request(string text) =>
        Assert.Equal(-1, AnswerHead.EndOfStatusLine(Encoding.Latin1.GetBytes(text), out _));
}
