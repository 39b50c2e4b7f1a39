/* The check sequence of HDLC frames, CRC-16/X-25 (ISO/IEC 13239; DLMS Green Book 8.5):
 * polynomial 0x8408 (reflected), start and final exclusive-or 0xFFFF. And that of P1 telegrams,
 * CRC-16/ARC (DSMR 5.0.2 P1, 6.2): polynomial 0xA001 (reflected), start 0. */
#ifndef HAN_CRC16_H
#define HAN_CRC16_H

#include <stddef.h>
#include <stdint.h>

#include <han/export.h>

#define HAN_CRC16_START 0xFFFF /* the register before the first octet */
#define HAN_CRC16_GOOD  0xF0B8 /* the register after octets and their check sequence */

/* The register after len more octets. The check sequence is its complement, low octet first. */
HAN_EXPORT uint16_t han_crc16(uint16_t crc, const uint8_t *buf, size_t len);

/* CRC-16/ARC of len more octets behind those of crc (0: none before). It is the check sequence itself. */
HAN_EXPORT uint16_t han_crc16_arc(uint16_t crc, const uint8_t *buf, size_t len);

#endif
