// nodemailer with its pool: the same number of connections, letters of the same size.
const nodemailer = require("nodemailer");
const [port, letters, connections, size] = process.argv.slice(2).map(Number);

const transport = nodemailer.createTransport({
  host: "127.0.0.1",
  port,
  pool: true,
  maxConnections: connections,
  maxMessages: Infinity,
  ignoreTLS: true,
});
// Base64 makes four bytes of three.
const html = "<p>" + "安".repeat(Math.floor(size / 4 / 1.37)) + "</p>";

(async () => {
  const sending = [];
  for (let letter = 0; letter < letters; letter++) {
    sending.push(
      transport.sendMail({
        from: "bell@bureau.example",
        to: "wang@school.example",
        subject: "【5月15日前】全校应急疏散演练等4项",
        text: "安".repeat(Math.floor(size / 16)),
        html: { content: html, encoding: "base64" },
      }),
    );
  }
  await Promise.all(sending);
  transport.close();
})();
