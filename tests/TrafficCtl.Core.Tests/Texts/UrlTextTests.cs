using TrafficCtl.Core.Texts;
using Xunit;

namespace TrafficCtl.Core.Tests.Texts;

public class UrlTextTests
{
    [Theory]
    [InlineData("http://user:secret@host:9180/x", "http://***@host:9180/x")]
    [InlineData("http://secret@host", "http://***@host")]
    [InlineData("http://user:sec/re@t@host", "http://***@host")]
    [InlineData("http://user:sec ret@[::", "http://***@[::")]
    [InlineData("user:secret@host", "***@host")]
    [InlineData("https://host/path?token=secret", "https://host/path?***")]
    [InlineData("https://u:p@host/path?token=secret", "https://***@host/path?***")]
    public void Shows_no_secret_of_an_address(string text, string shown) => Assert.Equal(shown, UrlText.WithoutSecrets(text));

    [Theory]
    [InlineData("http://127.0.0.1:9180")]
    [InlineData("ana@example.org")]
    [InlineData("v24+cfg.3")]
    [InlineData("what is this?")]
    [InlineData("")]
    public void Leaves_any_other_text_as_it_is(string text)
    {
        Assert.Equal(text, UrlText.WithoutSecrets(text));
        Assert.False(UrlText.HasCredentials(text));
    }
}
