using TrafficCtl.Proxy.Identity;
using Xunit;

namespace TrafficCtl.Proxy.Tests.Identity;

public sealed class SipHashTests
{
    // Key 00..0f and message 00..(length-1), as in the reference implementation's vectors_sip128.
    [Theory]
    [InlineData(0, "A3817F04BA25A8E66DF67214C7550293")]
    [InlineData(1, "DA87C1D86B99AF44347659119B22FC45")]
    [InlineData(8, "3B62A9BA6258F5610F83E264F31497B4")]
    [InlineData(15, "5493E99933B0A8117E08EC0F97CFC3D9")]
    [InlineData(63, "5150D1772F50834A503E069A973FBD7C")]
    public void Gives_the_published_tags(int length, string expected)
    {
        var tag = new byte[SipHash.TagBytes];

        SipHash.Tag(Counting(SipHash.KeyBytes), Counting(length), tag);

        Assert.Equal(expected, Convert.ToHexString(tag));
    }

    private static byte[] Counting(int length) => [.. Enumerable.Range(0, length).Select(i => (byte)i)];
}
